// SPDX-License-Identifier: Apache-2.0
package dev.thaw.examples.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Text in columns: the first to the left, the others, which are numbers, to the right. */
final class Table {
    private static final String GAP = "   ";
    private static final long MILLIS_OF_A_SECOND = 1000;

    private final List<List<String>> rows = new ArrayList<>();

    Table(String... heads) {
        rows.add(List.of(heads));
    }

    void add(String name, String... cells) {
        List<String> row = new ArrayList<>(List.of(name));
        row.addAll(List.of(cells));
        rows.add(row);
    }

    /** Milliseconds below a second, else seconds with one decimal. */
    static String text(Duration duration) {
        long millis = duration.toMillis();
        return millis < MILLIS_OF_A_SECOND
                ? millis + " ms"
                : String.format(Locale.ROOT, "%.1f s", millis / (double) MILLIS_OF_A_SECOND);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            for (int column = 0; column < row.size(); column++) {
                int width = width(column);
                text.append(column == 0 ? "" : GAP)
                        .append(String.format("%" + (column == 0 ? "-" : "") + width + "s", row.get(column)));
            }
            text.append(System.lineSeparator());
        }
        return text.toString();
    }

    private int width(int column) {
        return rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(1);
    }
}

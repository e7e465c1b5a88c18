// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Columns that are as wide as what is in them, two spaces apart, numbers to the right. For one thread. */
final class Table {
    private final List<Column> columns;
    private final List<List<String>> rows = new ArrayList<>();

    /** A column's title, and where its cells go. */
    record Column(String title, boolean right) {
        static Column left(String title) {
            return new Column(title, false);
        }

        static Column right(String title) {
            return new Column(title, true);
        }
    }

    Table(Column... columns) {
        this.columns = List.of(columns);
        rows.add(this.columns.stream().map(Column::title).toList());
    }

    void add(String... cells) {
        List<String> row = new ArrayList<>();
        for (String cell : cells) {
            row.add(Printable.line(cell));
        }
        rows.add(row);
    }

    /** A row below a heading. */
    void addIndented(String first, String... others) {
        List<String> row = new ArrayList<>(List.of("  " + Printable.line(first)));
        for (String cell : others) {
            row.add(Printable.line(cell));
        }
        rows.add(row);
    }

    void print(PrintWriter out) {
        int[] widths = new int[columns.size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], width(row.get(i)));
            }
        }
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String padding = " ".repeat(widths[i] - width(row.get(i)));
                line.append(i == 0 ? "" : "  ");
                line.append(columns.get(i).right ? padding + row.get(i) : row.get(i) + padding);
            }
            out.println(line.toString().stripTrailing());
        }
    }

    private static int width(String cell) {
        return cell.codePointCount(0, cell.length());
    }
}

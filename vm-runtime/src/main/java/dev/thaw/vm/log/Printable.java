// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.log;

import java.util.List;

/** Guest output in messages: it is data, so nothing in it may steer a terminal. */
public final class Printable {
    private static final int MAX_CHARS = 400;

    private Printable() {}

    /** Lines as they stand in a message, each on a line of its own; empty if there are none. */
    public static String quote(List<String> lines) {
        StringBuilder text = new StringBuilder();
        lines.forEach(line -> text.append("  | ").append(of(line)).append('\n'));
        return text.toString();
    }

    /** The last so many lines as they stand in a message. */
    public static String quoteLast(int count, List<String> lines) {
        return quote(lines.subList(Math.max(0, lines.size() - count), lines.size()));
    }

    /** The text with control characters replaced, cut to what fits into a message. */
    public static String of(String text) {
        String cut = text.length() > MAX_CHARS ? text.substring(0, MAX_CHARS) + "..." : text;
        StringBuilder clean = new StringBuilder(cut.length());
        cut.codePoints()
                .map(c -> Character.isISOControl(c) && c != '\t' ? '\ufffd' : c)
                .forEach(clean::appendCodePoint);
        return clean.toString();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.log;

/** Guest output in messages: it is data, so nothing in it may steer a terminal. */
public final class Printable {
    private static final int MAX_CHARS = 400;

    private Printable() {}

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

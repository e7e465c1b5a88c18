// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.tree;

/** Foreign text in messages. Stateless. */
public final class Shown {
    private static final int LONGEST = 255;

    private Shown() {}

    /** The text, bounded, and with a question mark for each character that could change how the rest is seen. */
    public static String of(String text) {
        int length = Math.min(text.length(), LONGEST);
        StringBuilder shown = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            shown.append(isHarmless(text.charAt(i)) ? text.charAt(i) : '?');
        }
        return text.length() > LONGEST ? shown.append("...").toString() : shown.toString();
    }

    private static boolean isHarmless(char c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.locks;

import java.util.regex.Pattern;

/** What a lock file says about who holds it, made fit for a message: any process of the user may have written it. */
final class HolderText {
    private static final Pattern UNPRINTABLE = Pattern.compile("[^\\x20-\\x7e]+");
    private static final int MAX_CHARS = 300;

    private HolderText() {}

    static String sentence(String content) {
        String text = UNPRINTABLE.matcher(content).replaceAll(" ").strip();
        if (text.isEmpty()) {
            return "Its holder has left no name.";
        }
        return "Its holder: " + text.substring(0, Math.min(text.length(), MAX_CHARS)) + ".";
    }
}

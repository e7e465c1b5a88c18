// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import java.util.regex.Pattern;

/** Text that others have written, made fit for a terminal: what would move its cursor or colour it is shown as {@code ?}. */
final class Printable {
    private static final Pattern CONTROLS = Pattern.compile("[\\p{Cc}\\p{Cf}&&[^\\n]]");

    private Printable() {}

    static String of(String text) {
        return CONTROLS.matcher(text).replaceAll("?");
    }

    /** The same in one line, which tables need. */
    static String line(String text) {
        return of(text.replaceAll("\\s+", " ").strip());
    }
}

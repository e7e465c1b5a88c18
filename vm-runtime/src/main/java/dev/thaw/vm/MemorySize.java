// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes of memory as users write them. */
final class MemorySize {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,9})\\s*([kmg])(?:i?b)?", Pattern.CASE_INSENSITIVE);
    private static final long MIB = 1L << 20;
    /** With less the guest's kernel does not come up, or can't load its modules: 64 MiB and 72 MiB are too little. */
    private static final long MIN_BYTES = 96 * MIB;

    private static final long MAX_BYTES = 64L << 30;

    private MemorySize() {}

    static long parse(String text) {
        Matcher matcher = TEXT.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException("Not a size of memory: '" + text
                    + "'. Write a whole number and a unit, for example \"512m\" or \"2g\".");
        }
        int shift = switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
            case "k" -> 10;
            case "m" -> 20;
            default -> 30;
        };
        return Long.parseLong(matcher.group(1)) << shift;
    }

    static void requireValid(long bytes) {
        if (bytes < MIN_BYTES || bytes > MAX_BYTES || bytes % MIB != 0) {
            throw new IllegalArgumentException(
                    "A VM's memory is a whole number of MiB from 96m to 64g, not " + bytes + " bytes.");
        }
    }
}

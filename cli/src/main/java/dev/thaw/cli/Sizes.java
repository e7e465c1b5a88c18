// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import java.util.Locale;

/** Numbers of bytes for people: {@code 512 MiB}. */
final class Sizes {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    private Sizes() {}

    static String of(long bytes) {
        if (bytes < 0) {
            return "-" + of(-bytes);
        }
        int unit = 0;
        double value = bytes;
        // 1023.95 would be printed as 1024.0.
        while (value >= 1023.95 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        boolean whole = value == Math.rint(value);
        return String.format(Locale.ROOT, unit == 0 || whole ? "%.0f %s" : "%.1f %s", value, UNITS[unit]);
    }
}

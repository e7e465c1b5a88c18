// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import java.util.Locale;

/** A table of times in milliseconds on standard output. */
final class Table {
    private Table() {}

    static void head() {
        System.out.printf(Locale.ROOT, "%n%-46s | %28s%n", "ms", "best, median, worst");
    }

    static void row(String what, Series times) {
        System.out.printf(
                Locale.ROOT,
                "%-46s | %8.0f %9.0f %9.0f%n",
                what,
                times.bestMillis(),
                times.medianMillis(),
                times.worstMillis());
    }
}

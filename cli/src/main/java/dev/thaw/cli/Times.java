// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;

/** Times for people: {@code 3 days ago}, {@code 3.2 s}. */
final class Times {
    private Times() {}

    /** Clocks of machines that share a store may differ, so what is yet to come is now. */
    static String ago(Instant time, Instant now) {
        long seconds = Math.max(0, Duration.between(time, now).toSeconds());
        if (seconds < 5) {
            return "just now";
        }
        return inUnits(seconds) + " ago";
    }

    private static String inUnits(long seconds) {
        if (seconds < 120) {
            return plural(seconds, "second");
        }
        if (seconds < 2 * 3600) {
            return plural(seconds / 60, "minute");
        }
        if (seconds < 2 * 86400) {
            return plural(seconds / 3600, "hour");
        }
        long days = seconds / 86400;
        return days < 60 ? plural(days, "day") : plural(days / 30, "month");
    }

    private static String plural(long count, String unit) {
        return count + " " + unit + (count == 1 ? "" : "s");
    }

    static String span(Duration duration) {
        long millis = duration.toMillis();
        if (millis < 1000) {
            return millis + " ms";
        }
        return millis < 120_000 ? String.format(Locale.ROOT, "%.1f s", millis / 1000.0) : inUnits(duration.toSeconds());
    }
}

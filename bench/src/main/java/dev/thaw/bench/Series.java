// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Times of the same thing, measured again and again. Not thread-safe. */
final class Series {
    private static final double NANOS_PER_MILLI = 1e6;

    private final List<Duration> times = new ArrayList<>();

    void add(Duration time) {
        times.add(time);
    }

    double medianMillis() {
        List<Duration> sorted = times.stream().sorted().toList();
        return millis(sorted.get(sorted.size() / 2));
    }

    double bestMillis() {
        return millis(Collections.min(times));
    }

    double worstMillis() {
        return millis(Collections.max(times));
    }

    private static double millis(Duration time) {
        return time.toNanos() / NANOS_PER_MILLI;
    }
}

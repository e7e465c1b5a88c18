// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.manifest;

import dev.thaw.image.Healthcheck;
import dev.thaw.image.tree.InvalidImageException;
import dev.thaw.image.tree.Shown;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A health check as Docker reads it: durations in nanoseconds, and 0 for what is not said. {@code StartInterval}, which
 * Docker has since its API 1.44, is not read: here a service that starts is asked more often than that. Source: Docker
 * image specification v1.3; moby/moby, daemon/health.go. Stateless.
 */
final class HealthcheckReader {
    private static final long DEFAULT_INTERVAL_NANOS = 30_000_000_000L;
    private static final long DEFAULT_RETRIES = 3;

    private HealthcheckReader() {}

    /** Empty if it says nothing, or nothing that could be run; the latter is added to what is passed over. */
    static Optional<Healthcheck> read(JsonObject json, List<String> passedOver) throws InvalidImageException {
        List<String> test = json.texts("Test");
        if (test.isEmpty()) {
            return Optional.empty();
        }
        if (!List.of("NONE", "CMD", "CMD-SHELL").contains(test.get(0))) {
            passedOver.add(
                    "Healthcheck: Test: begins with '" + Shown.of(test.get(0)) + "'; expected NONE, CMD or CMD-SHELL");
            return Optional.empty();
        }
        if (test.size() < 2 && !test.get(0).equals("NONE")) {
            passedOver.add("Healthcheck: Test: " + test.get(0) + " without a command");
            return Optional.empty();
        }
        return Optional.of(new Healthcheck(
                test,
                Duration.ofNanos(positive(json, "Interval", DEFAULT_INTERVAL_NANOS, passedOver)),
                Duration.ofNanos(positive(json, "Timeout", DEFAULT_INTERVAL_NANOS, passedOver)),
                Duration.ofNanos(positive(json, "StartPeriod", 0, passedOver)),
                (int) Math.min(Integer.MAX_VALUE, positive(json, "Retries", DEFAULT_RETRIES, passedOver))));
    }

    /** What is not said, and what can't be meant, is the default. */
    private static long positive(JsonObject json, String field, long otherwise, List<String> passedOver)
            throws InvalidImageException {
        long value = json.number(field, 0);
        if (value < 0) {
            passedOver.add("Healthcheck: " + field + ": " + value + " is negative");
        }
        return value <= 0 ? otherwise : value;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import java.time.Duration;
import java.util.List;

/**
 * How an image says that its service is asked whether it is well. Docker's defaults are filled in.
 *
 * <p>Source: Docker image specification v1.3, "Healthcheck".
 *
 * @param test as in the configuration, never empty: {@code [NONE]}, {@code [CMD, argv...]} or
 *     {@code [CMD-SHELL, command]}
 * @param interval between two checks; 30 s if the image does not say
 * @param timeout of one check; 30 s if the image does not say
 * @param startPeriod in which failures do not count; zero if the image does not say
 * @param retries so many failures in a row mean unhealthy; 3 if the image does not say
 */
public record Healthcheck(List<String> test, Duration interval, Duration timeout, Duration startPeriod, int retries) {
    public Healthcheck {
        test = List.copyOf(test);
        if (test.isEmpty()) {
            throw new IllegalArgumentException("a health check needs a test");
        }
    }
}

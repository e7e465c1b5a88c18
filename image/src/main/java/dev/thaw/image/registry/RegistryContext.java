// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.registry;

import dev.thaw.image.http.Retry;
import java.time.Duration;
import java.util.Map;

/**
 * What pulls take from around them; tests have another one.
 *
 * @param environment the process's variables
 * @param retry how often and when something is tried again
 * @param readTimeout how long to wait for a further piece of an answer
 */
public record RegistryContext(Map<String, String> environment, Retry retry, Duration readTimeout) {
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(60);

    public RegistryContext {
        environment = Map.copyOf(environment);
    }

    /** This process's own. */
    public static RegistryContext ofProcess() {
        return new RegistryContext(System.getenv(), Retry.DEFAULT, READ_TIMEOUT);
    }
}

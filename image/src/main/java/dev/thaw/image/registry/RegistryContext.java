// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.registry;

import dev.thaw.image.http.Retry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What pulls take from around them; tests have another one.
 *
 * @param environment the process's variables
 * @param retry how often and when something is tried again
 * @param readTimeout how long to wait for a further piece of an answer
 * @param certificateFolders in which Docker has a folder for each registry, with certificates of its authorities
 */
public record RegistryContext(
        Map<String, String> environment, Retry retry, Duration readTimeout, List<Path> certificateFolders) {
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(60);

    public RegistryContext {
        environment = Map.copyOf(environment);
        certificateFolders = List.copyOf(certificateFolders);
    }

    /** This process's own. */
    public static RegistryContext ofProcess() {
        Map<String, String> environment = System.getenv();
        return new RegistryContext(environment, Retry.DEFAULT, READ_TIMEOUT, certificateFolders(environment));
    }

    /** Those of Docker's engine, of Docker Desktop, and of an engine without root, in this order. */
    private static List<Path> certificateFolders(Map<String, String> environment) {
        Path home = Path.of(System.getProperty("user.home"));
        String config = environment.getOrDefault("XDG_CONFIG_HOME", "");
        Path configHome = config.isEmpty() ? home.resolve(".config") : Path.of(config);
        return List.of(
                Path.of("/etc/docker/certs.d"), home.resolve(".docker/certs.d"), configHome.resolve("docker/certs.d"));
    }
}

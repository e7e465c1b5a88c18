// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What an image says about the process that it is made for. Nothing in it has a NUL character.
 *
 * <p>Source: OCI image-spec, config.md; health check and shell are Docker's extensions. Immutable; lists, sets and maps
 * are empty where the image says nothing.
 *
 * @param env {@code NAME=value}, in the image's order
 * @param entrypoint comes before the command
 * @param cmd default command, or arguments of the entrypoint
 * @param user {@code ""} if not given, else {@code name}, {@code uid}, {@code name:group} or {@code uid:gid}
 * @param workingDir {@code ""} if not given
 * @param exposedPorts ports that the service listens on
 * @param volumes paths that the service expects to be writable folders
 * @param labels the image's labels
 * @param stopSignal for example {@code SIGTERM} or {@code 15}
 * @param healthcheck the image's own; empty if it says nothing, and with the test {@code [NONE]} if it says so
 * @param shell for the shell form of health checks; {@code [/bin/sh, -c]} if the image does not say
 * @param platform that its programs are built for
 */
public record ImageConfig(
        List<String> env,
        List<String> entrypoint,
        List<String> cmd,
        String user,
        String workingDir,
        SortedSet<ExposedPort> exposedPorts,
        SortedSet<String> volumes,
        SortedMap<String, String> labels,
        Optional<String> stopSignal,
        Optional<Healthcheck> healthcheck,
        List<String> shell,
        Platform platform) {
    public ImageConfig {
        env = List.copyOf(env);
        entrypoint = List.copyOf(entrypoint);
        cmd = List.copyOf(cmd);
        exposedPorts = Collections.unmodifiableSortedSet(new TreeSet<>(exposedPorts));
        volumes = Collections.unmodifiableSortedSet(new TreeSet<>(volumes));
        labels = Collections.unmodifiableSortedMap(new TreeMap<>((Map<String, String>) labels));
        shell = List.copyOf(shell);
    }
}

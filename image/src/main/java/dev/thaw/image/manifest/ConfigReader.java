// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.manifest;

import dev.thaw.image.Digest;
import dev.thaw.image.ExposedPort;
import dev.thaw.image.Healthcheck;
import dev.thaw.image.ImageConfig;
import dev.thaw.image.tree.InvalidImageException;
import dev.thaw.image.tree.Shown;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An image's configuration. Source: OCI image-spec, config.md; Docker image specification v1.3 for what it adds.
 *
 * @param config what the image says about its process
 * @param diffIds digests of the uncompressed layers, lowest first
 */
public record ConfigReader(ImageConfig config, List<Digest> diffIds) {
    private static final Pattern PORT = Pattern.compile("(\\d{1,5})(?:/([A-Za-z0-9]+))?");
    private static final List<String> DEFAULT_SHELL = List.of("/bin/sh", "-c");
    private static final long DEFAULT_INTERVAL_NANOS = 30_000_000_000L;
    private static final long DEFAULT_RETRIES = 3;

    public static ConfigReader read(byte[] document, String name) throws InvalidImageException {
        JsonObject json = JsonObject.parse(document, name);
        JsonObject process = json.objectOrEmpty("config");
        List<String> shell = process.texts("Shell");
        ImageConfig config = new ImageConfig(
                env(process),
                process.texts("Entrypoint"),
                process.texts("Cmd"),
                process.optionalText("User").orElse(""),
                process.optionalText("WorkingDir").orElse(""),
                exposedPorts(process),
                new TreeSet<>(process.names("Volumes")),
                process.textMap("Labels"),
                process.optionalText("StopSignal").filter(s -> !s.isEmpty()),
                healthcheck(process),
                shell.isEmpty() ? DEFAULT_SHELL : shell,
                OciDescriptor.platform(json));
        return new ConfigReader(config, json.object("rootfs").digests("diff_ids"));
    }

    private static List<String> env(JsonObject process) throws InvalidImageException {
        List<String> env = process.texts("Env");
        for (String assignment : env) {
            if (assignment.indexOf('=') < 1) {
                throw process.invalid("Env", "'" + Shown.of(assignment) + "' is not NAME=value");
            }
        }
        return env;
    }

    private static SortedSet<ExposedPort> exposedPorts(JsonObject process) throws InvalidImageException {
        SortedSet<ExposedPort> ports = new TreeSet<>();
        for (String text : process.names("ExposedPorts")) {
            Matcher matcher = PORT.matcher(text);
            try {
                if (matcher.matches()) {
                    String protocol =
                            matcher.group(2) == null ? "tcp" : matcher.group(2).toLowerCase(Locale.ROOT);
                    ports.add(new ExposedPort(Integer.parseInt(matcher.group(1)), protocol));
                    continue;
                }
            } catch (IllegalArgumentException e) {
                throw process.invalid("ExposedPorts", "'" + Shown.of(text) + "': " + e.getMessage());
            }
            throw process.invalid(
                    "ExposedPorts", "'" + Shown.of(text) + "' is not a port like 6379, 6379/tcp or 53/udp");
        }
        return ports;
    }

    private static Optional<Healthcheck> healthcheck(JsonObject process) throws InvalidImageException {
        JsonObject json = process.objectOrEmpty("Healthcheck");
        List<String> test = json.texts("Test");
        if (test.isEmpty()) {
            return Optional.empty(); // says nothing
        }
        if (!List.of("NONE", "CMD", "CMD-SHELL").contains(test.get(0))) {
            throw json.invalid("Test", "begins with '" + Shown.of(test.get(0)) + "'; expected NONE, CMD or CMD-SHELL");
        }
        if (test.size() < 2 && !test.get(0).equals("NONE")) {
            throw json.invalid("Test", test.get(0) + " without a command");
        }
        return Optional.of(new Healthcheck(
                test,
                duration(json, "Interval", DEFAULT_INTERVAL_NANOS),
                duration(json, "Timeout", DEFAULT_INTERVAL_NANOS),
                duration(json, "StartPeriod", 0),
                (int) Math.min(Integer.MAX_VALUE, positive(json, "Retries", DEFAULT_RETRIES))));
    }

    /** Nanoseconds; 0 means the default. */
    private static Duration duration(JsonObject json, String field, long otherwise) throws InvalidImageException {
        return Duration.ofNanos(positive(json, field, otherwise));
    }

    private static long positive(JsonObject json, String field, long otherwise) throws InvalidImageException {
        long value = json.number(field, 0);
        if (value < 0) {
            throw json.invalid(field, value + " is negative");
        }
        return value == 0 ? otherwise : value;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.manifest;

import dev.thaw.image.Digest;
import dev.thaw.image.ImageConfig;
import dev.thaw.image.tree.InvalidImageException;
import dev.thaw.image.tree.Shown;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * An image's configuration. What Docker refuses is refused; what it takes and makes nothing of is passed over. Source:
 * OCI image-spec, config.md; Docker image specification v1.3 for what it adds; moby/moby for what is done with odd values.
 *
 * @param config what the image says about its process
 * @param diffIds digests of the uncompressed layers, lowest first
 * @param passedOver fields and values that count as not there, each with its reason
 */
public record ConfigReader(ImageConfig config, List<Digest> diffIds, List<String> passedOver) {
    private static final List<String> DEFAULT_SHELL = List.of("/bin/sh", "-c");

    public ConfigReader {
        diffIds = List.copyOf(diffIds);
        passedOver = List.copyOf(passedOver);
    }

    public static ConfigReader read(byte[] document, String name) throws InvalidImageException {
        JsonObject json = JsonObject.parse(document, name);
        JsonObject process = json.objectOrEmpty("config");
        List<String> shell = process.textOrTexts("Shell");
        List<String> passedOver = new ArrayList<>();
        ImageConfig config = new ImageConfig(
                env(process, passedOver),
                process.textOrTexts("Entrypoint"),
                process.textOrTexts("Cmd"),
                process.optionalText("User").orElse(""),
                process.optionalText("WorkingDir").orElse(""),
                PortReader.read(process.names("ExposedPorts"), passedOver),
                new TreeSet<>(process.names("Volumes")),
                process.textMap("Labels"),
                process.optionalText("StopSignal").filter(s -> !s.isEmpty()),
                process.has("Healthcheck")
                        ? HealthcheckReader.read(process.object("Healthcheck"), passedOver)
                        : Optional.empty(),
                shell.isEmpty() ? DEFAULT_SHELL : shell,
                OciDescriptor.platform(json));
        return new ConfigReader(config, json.object("rootfs").digests("diff_ids"), passedOver);
    }

    /** One without '=' asks Docker to take a default of its own away; one without a name no runtime starts. */
    private static List<String> env(JsonObject process, List<String> passedOver) throws InvalidImageException {
        List<String> env = new ArrayList<>();
        for (String assignment : process.texts("Env")) {
            int equals = assignment.indexOf('=');
            if (equals == 0) {
                throw process.invalid("Env", "'" + Shown.of(assignment) + "' is not NAME=value");
            } else if (equals < 0) {
                passedOver.add("Env: '" + Shown.of(assignment) + "' is not NAME=value");
            } else {
                env.add(assignment);
            }
        }
        return env;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.testing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** OCI layouts that differ from busybox's in their configuration. Source: OCI image specification 1.1. */
public final class Layouts {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SHA256 = "sha256:";

    private Layouts() {}

    /**
     * Writes a layout with busybox's layers and another configuration.
     *
     * @param folder does not exist yet
     * @param change gets what a container is run by: the member {@code config} of the image's configuration
     * @return what a spec names the image by
     */
    public static String busybox(Path folder, Consumer<ObjectNode> change) throws IOException {
        Path original = Path.of(Images.reference("busybox").substring("oci:".length()));
        copy(original, folder);
        ObjectNode index = read(folder.resolve("index.json"));
        ObjectNode manifestOfIndex = (ObjectNode) index.path("manifests").path(0);
        ObjectNode manifest = read(blob(folder, manifestOfIndex));
        ObjectNode configOfManifest = (ObjectNode) manifest.path("config");
        ObjectNode config = read(blob(folder, configOfManifest));
        change.accept((ObjectNode) config.path("config"));
        replace(folder, configOfManifest, config);
        replace(folder, manifestOfIndex, manifest);
        Files.write(folder.resolve("index.json"), JSON.writeValueAsBytes(index));
        return "oci:" + folder;
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    private static ObjectNode read(Path file) throws IOException {
        return (ObjectNode) JSON.readTree(Files.readString(file, StandardCharsets.UTF_8));
    }

    private static Path blob(Path folder, ObjectNode descriptor) {
        String digest = descriptor.path("digest").asText();
        return folder.resolve("blobs/sha256").resolve(digest.substring(SHA256.length()));
    }

    /** Has the descriptor point to a blob with the new content. */
    private static void replace(Path folder, ObjectNode descriptor, ObjectNode content) throws IOException {
        byte[] bytes = JSON.writeValueAsBytes(content);
        Files.delete(blob(folder, descriptor));
        descriptor.put("digest", SHA256 + sha256(bytes)).put("size", bytes.length);
        Files.write(blob(folder, descriptor), bytes);
    }

    private static String sha256(byte... bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java runtime has SHA-256.", e);
        }
    }
}

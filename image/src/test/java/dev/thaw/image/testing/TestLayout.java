// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.thaw.image.Digest;
import dev.thaw.image.ImageReference;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;

/** Writes an OCI image layout. Every document can be bent before it is written. */
public final class TestLayout {
    public static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    public static final String INDEX = "application/vnd.oci.image.index.v1+json";
    public static final String CONFIG = "application/vnd.oci.image.config.v1+json";
    public static final String LAYER = "application/vnd.oci.image.layer.v1.tar";
    private static final JsonMapper MAPPER = new JsonMapper();

    private final Path folder;
    private final ArrayNode index = MAPPER.createArrayNode();

    public TestLayout(Path folder) throws IOException {
        this.folder = folder;
        Files.createDirectories(folder.resolve("blobs/sha256"));
        Files.writeString(folder.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
        writeIndex();
    }

    /** A layout with one image, tagged {@code latest}, of plain layers. */
    public static TestLayout of(Path folder, byte[]... layers) throws IOException {
        TestLayout layout = new TestLayout(folder);
        layout.add("latest", layout.image(TestLayout::asItIs, TestLayout::asItIs, List.of(layers)));
        return layout;
    }

    /** A layout with one unnamed image, whose configuration and manifest are bent before they are written. */
    public static TestLayout bent(
            Path folder, Consumer<ObjectNode> bendConfig, Consumer<ObjectNode> bendManifest, byte[]... layers)
            throws IOException {
        TestLayout layout = new TestLayout(folder);
        layout.add(null, layout.image(bendConfig, bendManifest, List.of(layers)));
        return layout;
    }

    /** Bends nothing. */
    public static void asItIs(ObjectNode json) {
        Objects.requireNonNull(json);
    }

    public Path folder() {
        return folder;
    }

    public ImageReference reference() {
        return ImageReference.parse("oci:" + folder);
    }

    /** Layers are plain, or what their magic says. */
    public ObjectNode image(Consumer<ObjectNode> bendConfig, Consumer<ObjectNode> bendManifest, List<byte[]> layers)
            throws IOException {
        ObjectNode config =
                MAPPER.createObjectNode().put("architecture", "amd64").put("os", "linux");
        config.putObject("config");
        ArrayNode diffIds = config.putObject("rootfs").put("type", "layers").putArray("diff_ids");
        ObjectNode manifest = MAPPER.createObjectNode().put("schemaVersion", 2).put("mediaType", MANIFEST);
        ArrayNode descriptors = MAPPER.createArrayNode();
        for (byte[] layer : layers) {
            boolean gzip = layer.length > 1 && layer[0] == 0x1f && layer[1] == (byte) 0x8b;
            boolean zstd = isZstd(layer);
            byte[] plain = gzip ? gunzip(layer) : zstd ? unzstd(layer) : layer;
            diffIds.add(Digest.sha256Of(plain).toString());
            descriptors.add(blob(layer, gzip ? LAYER + "+gzip" : zstd ? LAYER + "+zstd" : LAYER));
        }
        bendConfig.accept(config);
        manifest.set("config", blob(bytes(config), CONFIG));
        manifest.set("layers", descriptors);
        bendManifest.accept(manifest);
        return blob(bytes(manifest), MANIFEST);
    }

    public ObjectNode index(List<ObjectNode> manifests) throws IOException {
        ObjectNode nested = MAPPER.createObjectNode().put("schemaVersion", 2).put("mediaType", INDEX);
        nested.putArray("manifests").addAll(manifests);
        return blob(bytes(nested), INDEX);
    }

    /** Puts a descriptor into index.json; a null tag leaves it unnamed. */
    public void add(String tag, ObjectNode descriptor) throws IOException {
        if (tag != null) {
            descriptor.putObject("annotations").put("org.opencontainers.image.ref.name", tag);
        }
        index.add(descriptor);
        writeIndex();
    }

    public static ObjectNode withPlatform(ObjectNode descriptor, String os, String architecture) {
        descriptor.putObject("platform").put("os", os).put("architecture", architecture);
        return descriptor;
    }

    public ObjectNode blob(byte[] bytes, String mediaType) throws IOException {
        Digest digest = Digest.sha256Of(bytes);
        Files.write(blobPath(digest.toString()), bytes);
        return MAPPER.createObjectNode()
                .put("mediaType", mediaType)
                .put("digest", digest.toString())
                .put("size", bytes.length);
    }

    public Path blobPath(String digest) {
        return folder.resolve("blobs/sha256").resolve(digest.substring("sha256:".length()));
    }

    public static byte[] bytes(ObjectNode json) {
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }

    private void writeIndex() throws IOException {
        ObjectNode json = MAPPER.createObjectNode().put("schemaVersion", 2);
        json.set("manifests", index);
        Files.write(folder.resolve("index.json"), bytes(json));
    }

    private static byte[] gunzip(byte[] bytes) throws IOException {
        try (var in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            return in.readAllBytes();
        }
    }

    /** A frame, or a skippable one. */
    private static boolean isZstd(byte[] layer) {
        String magic = HexFormat.of().formatHex(layer, 0, Math.min(4, layer.length));
        return magic.equals("28b52ffd") || magic.matches("5.2a4d18");
    }

    private static byte[] unzstd(byte[] bytes) throws IOException {
        try (var in = new ZstdInputStreamNoFinalizer(new ByteArrayInputStream(bytes))) {
            return in.readAllBytes();
        }
    }
}

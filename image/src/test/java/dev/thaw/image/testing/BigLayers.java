// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.image.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** Layers that are too large for memory. Each of their files has other bytes, of which half can be compressed away. */
public final class BigLayers {
    private static final int FILE_BYTES = 8 << 20, PIECE = 1 << 10;

    private final JsonMapper mapper = new JsonMapper();
    private final Random random = new Random(4);
    private final ArrayNode diffIds = mapper.createArrayNode();
    private final ArrayNode descriptors = mapper.createArrayNode();

    private BigLayers() {}

    /**
     * Adds an image, tagged {@code latest}, whose layers have so many files of 8 MiB; each second layer is gzip.
     *
     * @return the SHA-256 of each file, in hexadecimal digits, by its path
     */
    public static SortedMap<String, String> write(TestLayout layout, int... filesInLayers) throws Exception {
        BigLayers big = new BigLayers();
        SortedMap<String, String> hashes = new TreeMap<>();
        for (int i = 0; i < filesInLayers.length; i++) {
            big.layer(layout, i, filesInLayers[i], hashes);
        }
        ObjectNode image = layout.image(
                config -> ((ObjectNode) config.get("rootfs")).set("diff_ids", big.diffIds),
                manifest -> manifest.set("layers", big.descriptors),
                List.of());
        layout.add("latest", image);
        return hashes;
    }

    private void layer(TestLayout layout, int number, int files, SortedMap<String, String> hashes) throws Exception {
        boolean gzip = number % 2 == 1;
        Path file = layout.folder().resolve("layer");
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        MessageDigest diffId = MessageDigest.getInstance("SHA-256");
        try (OutputStream stored = new DigestOutputStream(Files.newOutputStream(file), digest);
                OutputStream tar = new DigestOutputStream(gzip ? new FastGzip(stored) : stored, diffId)) {
            for (int i = 0; i < files; i++) {
                String name = "layer-" + number + "/file-" + i;
                byte[] content = content();
                hashes.put("/" + name, Digest.sha256Of(content).hex());
                ByteArrayOutputStream member = new ByteArrayOutputStream(content.length + PIECE);
                Member.file(name, content).writeTo(member);
                member.writeTo(tar);
            }
            tar.write(new byte[PIECE]);
        }
        Digest name = Digest.sha256(digest.digest());
        descriptors.add(mapper.createObjectNode()
                .put("mediaType", gzip ? TestLayout.LAYER + "+gzip" : TestLayout.LAYER)
                .put("digest", name.toString())
                .put("size", Files.size(file)));
        diffIds.add(Digest.sha256(diffId.digest()).toString());
        Files.move(file, layout.blobPath(name.toString()));
    }

    /** Each piece stands there twice. */
    private byte[] content() {
        byte[] content = new byte[FILE_BYTES];
        byte[] piece = new byte[PIECE];
        for (int at = 0; at < content.length; at += 2 * PIECE) {
            random.nextBytes(piece);
            System.arraycopy(piece, 0, content, at, PIECE);
            System.arraycopy(piece, 0, content, at + PIECE, PIECE);
        }
        return content;
    }

    private static final class FastGzip extends GZIPOutputStream {
        FastGzip(OutputStream out) throws IOException {
            super(out, PIECE * PIECE);
            def.setLevel(Deflater.BEST_SPEED);
        }
    }
}

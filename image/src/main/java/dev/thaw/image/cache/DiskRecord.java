// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.cache;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.thaw.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is noted beside a disk.
 *
 * @param digest of the disk
 * @param sizeBytes of the disk
 */
record DiskRecord(Digest digest, long sizeBytes) {
    private static final Logger LOG = LoggerFactory.getLogger(DiskRecord.class);
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final int FORMAT = 1;
    private static final int MAX_BYTES = 4096;

    /** The record, or empty if there is none or it can't be read: then the disk is built again. */
    static Optional<DiskRecord> read(Path file) throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MAX_BYTES);
        } catch (NoSuchFileException e) {
            LOG.debug("No disk is noted in {}", file);
            return Optional.empty();
        }
        try {
            return decode(bytes);
        } catch (IOException | IllegalArgumentException e) {
            LOG.debug("{} is not a note of format {}", file, FORMAT, e);
            return Optional.empty();
        }
    }

    /** Everything that Jackson throws is the fault of these bytes, wrong characters included. */
    private static Optional<DiskRecord> decode(byte[] bytes) throws IOException {
        JsonNode json = MAPPER.readTree(bytes);
        if (json.path("format").asInt() != FORMAT || !json.path("sizeBytes").canConvertToLong()) {
            return Optional.empty();
        }
        Digest digest = Digest.parse(json.path("digest").asText());
        return Optional.of(new DiskRecord(digest, json.path("sizeBytes").longValue()));
    }

    byte[] encode() {
        return MAPPER.createObjectNode()
                .put("format", FORMAT)
                .put("digest", digest.toString())
                .put("sizeBytes", sizeBytes)
                .toPrettyString()
                .getBytes(StandardCharsets.UTF_8);
    }
}

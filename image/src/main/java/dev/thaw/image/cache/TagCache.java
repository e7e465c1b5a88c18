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
 * Which digest a tag had when a registry was last asked: {@code tags/HEX.json}, HEX being the SHA-256 of the full name.
 * Thread-safe, and shared by all JVMs of a user.
 */
public final class TagCache {
    private static final Logger LOG = LoggerFactory.getLogger(TagCache.class);
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final int FORMAT = 1;
    private static final int MAX_BYTES = 4096;

    private final CacheFolder folder;

    private TagCache(CacheFolder folder) {
        this.folder = folder;
    }

    /** Opens the cache, and makes its folder if it is not there, readable by its owner only. */
    public static TagCache open(Path cacheFolder) throws IOException {
        return new TagCache(CacheFolder.open(cacheFolder.resolve("tags")));
    }

    /** The digest of the manifest or index, or empty if it is not known. */
    public Optional<Digest> find(String name) throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(folder.file(fileName(name)))) {
            bytes = in.readNBytes(MAX_BYTES);
        } catch (NoSuchFileException e) {
            LOG.debug("No digest is noted for {}", name);
            return Optional.empty();
        }
        try {
            JsonNode json = MAPPER.readTree(bytes);
            boolean ours = json.path("format").asInt() == FORMAT
                    && json.path("name").asText().equals(name);
            return ours ? Optional.of(Digest.parse(json.path("digest").asText())) : Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            LOG.debug("The note of {} is not of format {}; the registry is asked again", name, FORMAT, e);
            return Optional.empty();
        }
    }

    public void put(String name, Digest digest) throws IOException {
        byte[] json = MAPPER.createObjectNode()
                .put("format", FORMAT)
                .put("name", name)
                .put("digest", digest.toString())
                .toPrettyString()
                .getBytes(StandardCharsets.UTF_8);
        folder.write(fileName(name), json);
    }

    private static String fileName(String name) {
        return Digest.sha256Of(name.getBytes(StandardCharsets.UTF_8)).hex() + ".json";
    }
}

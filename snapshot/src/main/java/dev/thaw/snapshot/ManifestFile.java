// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.snapshot.disk.PrivateFiles;
import dev.thaw.snapshot.disk.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A manifest, written and read. The format is in docs/store.md. What is read is somebody else's: bounded
 * in size and depth, verified against its checksum, and every value checked.
 *
 * <p>Files are named by hashes, so that no path has to be believed.
 */
final class ManifestFile {
    static final String FORMAT = "thaw-snapshot";

    /** More than {@link BakeKey} and {@link Manifest} allow, even with every character escaped (six for one). */
    static final int MAX_BYTES = 8 * 1024 * 1024;

    private static final List<String> ENVELOPE = List.of("format", "version", "checksum", "snapshot");
    private static final List<String> BODY = List.of("key", "parent", "files", "created", "millis", "notes");
    private static final List<String> WHOLE = List.of("length", "sha256");
    private static final List<String> CHUNKED = List.of("length", "chunks");

    private static final ObjectMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(8)
                            .maxNumberLength(32)
                            .maxNameLength(128)
                            .maxStringLength(1024 * 1024)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private ManifestFile() {}

    /** What came of reading a manifest. */
    sealed interface Decoded {
        record Current(Manifest manifest) implements Decoded {}

        /** Written by an older or a newer Thaw: nothing is wrong with it, and nothing can be done with it. */
        record OtherVersion(String found) implements Decoded {}
    }

    /** The bytes are no manifest. */
    static final class MalformedManifestException extends IOException {
        private static final long serialVersionUID = 1;

        MalformedManifestException(String message) {
            super(message);
        }

        MalformedManifestException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    static Decoded read(Path file) throws IOException {
        return decode(PrivateFiles.read(file, MAX_BYTES));
    }

    static byte[] encode(Manifest manifest) {
        ObjectNode body = body(manifest);
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.put("format", FORMAT).put("version", Manifest.VERSION).put("checksum", checksum(body));
        root.set("snapshot", body);
        return (root.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static ObjectNode body(Manifest manifest) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        manifest.key().parts().forEach(body.putObject("key")::put);
        body.put("parent", manifest.parent().map(SnapshotId::sha256).orElse(null));
        ObjectNode files = body.putObject("files");
        manifest.files()
                .forEach((part, blob) -> files.putObject(part.label())
                        .put("length", blob.lengthBytes())
                        .put(hashName(blob.kind()), blob.sha256()));
        body.put("created", manifest.created().toString());
        body.put("millis", manifest.duration().toMillis());
        manifest.notes().forEach(body.putObject("notes")::put);
        return body;
    }

    private static String hashName(Blob.Kind kind) {
        return kind == Blob.Kind.WHOLE ? "sha256" : "chunks";
    }

    /** What a manifest on disk has as its checksum. */
    static String checksum(Manifest manifest) {
        return checksum(body(manifest));
    }

    /** Over the body without white space, so that the file may be laid out in any way. */
    private static String checksum(JsonNode body) {
        byte[] compact = body.toString().getBytes(StandardCharsets.UTF_8);
        return Sha256.of(compact);
    }

    /** Decodes; the version comes first, as nothing is known of the rest of another version. */
    static Decoded decode(byte[] bytes) throws MalformedManifestException {
        if (bytes.length > MAX_BYTES) {
            throw new MalformedManifestException("longer than " + MAX_BYTES + " bytes");
        }
        JsonNode root = parse(bytes);
        if (!root.path("format").asText().equals(FORMAT)) {
            throw new MalformedManifestException("\"format\" is not \"" + FORMAT + "\"");
        }
        JsonNode version = root.path("version");
        if (!version.isInt() || version.intValue() != Manifest.VERSION) {
            String found = version.toString();
            return new Decoded.OtherVersion(found.substring(0, Math.min(found.length(), 32)));
        }
        requireFields(root, "the manifest", ENVELOPE);
        JsonNode body = root.path("snapshot");
        String expected = checksum(body);
        if (!text(root, "checksum").equals(expected)) {
            throw new MalformedManifestException("its checksum is not " + expected);
        }
        return new Decoded.Current(manifest(body));
    }

    private static JsonNode parse(byte[] bytes) throws MalformedManifestException {
        try {
            JsonNode root = JSON.readTree(bytes);
            if (root != null && root.isObject()) {
                return root;
            }
            throw new MalformedManifestException("not a JSON object");
        } catch (JsonProcessingException e) {
            throw new MalformedManifestException("not JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new MalformedManifestException("not UTF-8: " + e.getMessage(), e);
        }
    }

    private static Manifest manifest(JsonNode body) throws MalformedManifestException {
        requireFields(body, "\"snapshot\"", BODY);
        try {
            return new Manifest(
                    BakeKey.of(texts(body, "key")),
                    body.path("parent").isNull() ? Optional.empty() : Optional.of(new SnapshotId(text(body, "parent"))),
                    files(body.path("files")),
                    Instant.parse(text(body, "created")),
                    Duration.ofMillis(integer(body, "millis")),
                    texts(body, "notes"));
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new MalformedManifestException(e.getMessage(), e);
        }
    }

    private static Map<SnapshotFile, Blob> files(JsonNode files) throws MalformedManifestException {
        Map<SnapshotFile, Blob> blobs = new EnumMap<>(SnapshotFile.class);
        for (Map.Entry<String, JsonNode> field : files.properties()) {
            SnapshotFile part = SnapshotFile.labelled(field.getKey())
                    .orElseThrow(
                            () -> new MalformedManifestException("no snapshot has a part '" + field.getKey() + "'"));
            JsonNode file = field.getValue();
            requireFields(file, part.label(), part.kind() == Blob.Kind.WHOLE ? WHOLE : CHUNKED);
            blobs.put(part, new Blob(part.kind(), text(file, hashName(part.kind())), integer(file, "length")));
        }
        return blobs;
    }

    private static void requireFields(JsonNode node, String what, List<String> names)
            throws MalformedManifestException {
        boolean complete = node.isObject() && node.size() == names.size();
        for (String name : names) {
            complete &= node.has(name);
        }
        if (!complete) {
            throw new MalformedManifestException(what + " does not have just the fields " + names);
        }
    }

    private static String text(JsonNode node, String name) throws MalformedManifestException {
        JsonNode value = node.path(name);
        if (!value.isTextual()) {
            throw new MalformedManifestException('"' + name + "\" is not a string");
        }
        return value.textValue();
    }

    private static long integer(JsonNode node, String name) throws MalformedManifestException {
        JsonNode value = node.path(name);
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw new MalformedManifestException('"' + name + "\" is not a 64-bit integer");
        }
        return value.longValue();
    }

    private static NavigableMap<String, String> texts(JsonNode body, String name) throws MalformedManifestException {
        JsonNode node = body.path(name);
        if (!node.isObject()) {
            throw new MalformedManifestException('"' + name + "\" is not an object");
        }
        NavigableMap<String, String> texts = new TreeMap<>();
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            texts.put(field.getKey(), text(node, field.getKey()));
        }
        return texts;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.BDDAssertions.then;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.snapshot.disk.Sha256;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ManifestFileTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static Manifest manifest() {
        TreeMap<String, String> notes = new TreeMap<>();
        notes.put("log", "ready\n\"quoted\" \u00e9 \u0000");
        return new Manifest(
                Bakes.key("redis"),
                Optional.of(new SnapshotId("a".repeat(64))),
                Map.of(
                        SnapshotFile.MEMORY,
                        new Blob(Blob.Kind.CHUNKED, "0".repeat(64), 512L << 20),
                        SnapshotFile.DEVICE_STATE,
                        new Blob(Blob.Kind.WHOLE, "f".repeat(64), 65_536)),
                Instant.parse("2026-11-21T10:00:00.123456789Z"),
                Duration.ofMillis(3210),
                notes);
    }

    @Test
    void what_is_written_is_read_back() throws IOException {
        then(ManifestFile.decode(ManifestFile.encode(manifest())))
                .isEqualTo(new ManifestFile.Decoded.Current(manifest()));
    }

    @Test
    void the_same_manifest_gives_the_same_bytes() {
        then(ManifestFile.encode(manifest())).isEqualTo(ManifestFile.encode(manifest()));
    }

    @Test
    void format_and_version_come_first() {
        then(new String(ManifestFile.encode(manifest()), StandardCharsets.UTF_8).replaceAll("\\s", ""))
                .startsWith("{\"format\":\"thaw-snapshot\",\"version\":2,\"checksum\":\"");
    }

    @ParameterizedTest
    @MethodSource("otherVersions")
    void another_version_is_told_apart_from_damage_whatever_else_it_holds(String json, String found)
            throws IOException {
        then(ManifestFile.decode(json.getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(new ManifestFile.Decoded.OtherVersion(found));
    }

    static Stream<Object[]> otherVersions() {
        return Stream.of(
                new Object[] {"{\"format\":\"thaw-snapshot\",\"version\":3}", "3"},
                new Object[] {"{\"version\":0,\"format\":\"thaw-snapshot\",\"x\":[]}", "0"},
                new Object[] {"{\"format\":\"thaw-snapshot\",\"version\":99999999999999999999}", "99999999999999999999"
                },
                new Object[] {"{\"format\":\"thaw-snapshot\"}", ""});
    }

    @Test
    void a_flipped_bit_is_noticed_or_changes_nothing() throws IOException {
        byte[] good = ManifestFile.encode(manifest());
        for (int bit = 0; bit < good.length * 8; bit += 3) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << (bit % 8));
            try {
                if (ManifestFile.decode(bad) instanceof ManifestFile.Decoded.Current current) {
                    then(current.manifest()).as("bit %d", bit).isEqualTo(manifest());
                }
            } catch (ManifestFile.MalformedManifestException e) {
                then(e).as("bit %d", bit).message().isNotBlank();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("hostileBodies")
    void hostile_values_are_refused_even_with_the_right_checksum(Consumer<ObjectNode> change, String message)
            throws IOException {
        ObjectNode root = (ObjectNode) JSON.readTree(ManifestFile.encode(manifest()));
        ObjectNode body = (ObjectNode) root.get("snapshot");
        change.accept(body);
        root.put("checksum", sha256(body.toString()));

        assertThatThrownBy(() -> ManifestFile.decode(JSON.writeValueAsBytes(root)))
                .isInstanceOf(ManifestFile.MalformedManifestException.class)
                .hasMessageContaining(message);
    }

    static Stream<Object[]> hostileBodies() {
        return Stream.of(
                hostile(
                        "path out of the folder",
                        b -> files(b).set("../../etc/passwd", files(b).remove("memory")),
                        "no snapshot has a part '../../etc/passwd'"),
                hostile("one more file", b -> files(b).set("x", files(b).get("memory")), "no snapshot has a part 'x'"),
                hostile("no device state", b -> files(b).remove("device-state"), "a snapshot without device-state"),
                hostile(
                        "hash of another kind",
                        b -> memory(b).set("sha256", memory(b).remove("chunks")),
                        "just the fields"),
                hostile("parent that is none", b -> b.put("parent", "x"), "64 hexadecimal"),
                hostile("huge length", b -> memory(b).put("length", Long.MAX_VALUE), "not 9223372036854775807"),
                hostile("negative length", b -> memory(b).put("length", -1), "not -1"),
                hostile("length beyond 64 bits", b -> memory(b).put("length", Double.MAX_VALUE), "64-bit integer"),
                hostile("hash that is a path", b -> memory(b).put("chunks", "../" + "0".repeat(61)), "64 hexadecimal"),
                hostile("key without parts", b -> b.putObject("key"), "1 to 256 parts"),
                hostile("key that is a list", b -> b.putArray("key"), "not an object"),
                hostile("part that is a number", b -> b.putObject("key").put("image", 1), "not a string"),
                hostile("date that is none", b -> b.put("created", "yesterday"), "yesterday"),
                hostile("negative duration", b -> b.put("millis", -1), "can't take"),
                hostile("note without a name", b -> b.putObject("notes").put("", "x"), "1 to 64 characters"),
                hostile("notes without end", b -> b.putObject("notes").put("a", "x".repeat(600_000)), "524288"));
    }

    private static Object[] hostile(String name, Consumer<ObjectNode> change, String message) {
        return new Object[] {Named.of(name, change), message};
    }

    private static ObjectNode files(ObjectNode body) {
        return (ObjectNode) body.get("files");
    }

    private static ObjectNode memory(ObjectNode body) {
        return (ObjectNode) files(body).get("memory");
    }

    private static String sha256(String text) {
        return Sha256.of(text.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @MethodSource("notManifests")
    void what_is_no_manifest_is_refused(byte[] bytes, String message) {
        assertThatThrownBy(() -> ManifestFile.decode(bytes))
                .isInstanceOf(ManifestFile.MalformedManifestException.class)
                .hasMessageContaining(message);
    }

    static Stream<Object[]> notManifests() {
        String good = new String(ManifestFile.encode(manifest()), StandardCharsets.UTF_8);
        return Stream.of(
                new Object[] {new byte[0], "not a JSON object"},
                new Object[] {"[]".getBytes(StandardCharsets.UTF_8), "not a JSON object"},
                new Object[] {"{}".getBytes(StandardCharsets.UTF_8), "\"format\" is not"},
                new Object[] {new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1, 2}, "not "},
                new Object[] {good.substring(0, good.length() / 2).getBytes(StandardCharsets.UTF_8), "not JSON"},
                new Object[] {(good + "{}").getBytes(StandardCharsets.UTF_8), "not JSON"},
                new Object[] {good.replaceFirst("\\{", "{\"version\":2,").getBytes(StandardCharsets.UTF_8), "not JSON"},
                new Object[] {"[".repeat(100_000).getBytes(StandardCharsets.UTF_8), "not JSON"},
                new Object[] {new byte[ManifestFile.MAX_BYTES + 1], "longer than"});
    }

    @FuzzTest
    void any_bytes_are_decoded_or_refused(byte[] bytes) {
        try {
            then(ManifestFile.decode(bytes)).isNotNull();
        } catch (ManifestFile.MalformedManifestException e) {
            then(e).message().isNotBlank();
        }
    }

    /** Gets past the checksum, which keeps the fuzzer from all that comes after it. */
    @FuzzTest
    void any_body_is_decoded_or_refused(byte[] body) throws IOException {
        ObjectNode root = (ObjectNode) JSON.readTree(ManifestFile.encode(manifest()));
        try {
            JsonNode changed = JSON.readTree(body);
            root.set("snapshot", changed);
            root.put("checksum", sha256(root.get("snapshot").toString()));
        } catch (JsonProcessingException | CharConversionException e) {
            // Not JSON: the other fuzz test's business.
            return;
        }
        any_bytes_are_decoded_or_refused(JSON.writeValueAsBytes(root));
    }

    @Test
    void manifests_with_random_changes_are_decoded_or_refused() {
        long seed = Long.getLong("thaw.test.seed", System.nanoTime());
        Random random = new Random(seed);
        byte[] good = ManifestFile.encode(manifest());
        for (int i = 0; i < 3000; i++) {
            byte[] bad = good.clone();
            for (int n = random.nextInt(8); n >= 0; n--) {
                int at = random.nextInt(bad.length);
                bad[at] = random.nextBoolean() ? good[random.nextInt(good.length)] : (byte) random.nextInt();
            }
            try {
                any_bytes_are_decoded_or_refused(bad);
            } catch (RuntimeException e) {
                throw new AssertionError("-Dthaw.test.seed=" + seed, e);
            }
        }
    }
}

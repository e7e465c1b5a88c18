// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.bake;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.snapshot.BakeKey;
import dev.thaw.snapshot.Blob;
import dev.thaw.snapshot.Manifest;
import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotFile;
import dev.thaw.snapshot.SnapshotId;
import dev.thaw.vm.Thaw;
import dev.thaw.vm.VmSpec;
import dev.thaw.vm.testing.Baked;
import dev.thaw.vm.testing.Logged;
import dev.thaw.vm.testing.Specs;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class BakeReasonTest {
    private static final Map<String, String> PARTS = Map.of(
            "image", "sha256:" + "a".repeat(64),
            "kernel", "b".repeat(64),
            "engine", "qemu 10.0.1, tcg, cpu max",
            "memory-bytes", "100663296",
            "argv", "[\"redis-server\"]",
            "env", "{\"LANG\":\"C\",\"PASSWORD\":\"old-secret\"}");
    private static final Instant YESTERDAY = Instant.parse("2026-11-20T10:00:00Z");

    private static BakeKey key(String... namesAndValues) {
        Map<String, String> parts = new HashMap<>(PARTS);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            parts.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return BakeKey.of(parts);
    }

    private static Snapshot snapshot(BakeKey key, String name, Instant created) {
        String sha256 = "c".repeat(64);
        Map<SnapshotFile, Blob> files = Map.of(
                SnapshotFile.MEMORY, new Blob(Blob.Kind.CHUNKED, sha256, 1),
                SnapshotFile.DEVICE_STATE, new Blob(Blob.Kind.WHOLE, sha256, 1));
        return new Snapshot(
                SnapshotId.of(key),
                new Manifest(
                        key,
                        Optional.empty(),
                        files,
                        created,
                        Duration.ofSeconds(1),
                        new TreeMap<>(Map.of("name", name))),
                Path.of("store"));
    }

    @Test
    void an_updated_engine_is_told_with_what_changed_about_it() {
        List<Snapshot> others = List.of(snapshot(key(), "redis", YESTERDAY));
        then(BakeReason.of("redis", key("engine", "qemu 10.0.2, tcg, cpu max"), others))
                .contains("engine qemu 10.0.1 -> qemu 10.0.2");
    }

    @Test
    void values_that_may_be_secret_are_not_shown() {
        // WHEN
        BakeKey changed = key(
                "env",
                "{\"LANG\":\"C\",\"PASSWORD\":\"new-secret\",\"TZ\":\"UTC\"}",
                "argv",
                "[\"--pass=new-secret\"]");
        // THEN
        then(BakeReason.of("redis", changed, List.of(snapshot(key(), "redis", YESTERDAY))))
                .contains("argv, env (PASSWORD, TZ)");
    }

    @Test
    void hashes_are_shortened_and_a_part_that_was_not_there_is_nothing() {
        then(BakeReason.of(
                        "redis",
                        key("kernel", "d".repeat(64), "cpus", "2"),
                        List.of(snapshot(key(), "redis", YESTERDAY))))
                .contains("cpus nothing -> 2, kernel bbbbbbbbbbbb -> dddddddddddd");
    }

    @Test
    void the_most_similar_one_is_compared_with_and_of_these_the_most_recent() {
        // GIVEN two of this spec, and a more recent one of another spec of the same image
        List<Snapshot> others = List.of(
                snapshot(key("memory-bytes", "1"), "redis", YESTERDAY),
                snapshot(key("memory-bytes", "2"), "redis", YESTERDAY.plusSeconds(1)),
                snapshot(key("memory-bytes", "3", "argv", "[\"other\"]"), "other", YESTERDAY.plusSeconds(2)));
        // WHEN THEN
        then(BakeReason.of("redis", key(), others)).contains("memory-bytes 2 -> 100663296");
    }

    @Test
    void one_of_another_image_counts_if_its_name_is_the_same() {
        // GIVEN
        BakeKey updated = key("image", "sha256:" + "e".repeat(64));
        // WHEN THEN
        then(BakeReason.of("redis", updated, List.of(snapshot(key(), "redis", YESTERDAY))))
                .contains("image aaaaaaaaaaaa -> eeeeeeeeeeee");
        then(BakeReason.of("redis", updated, List.of(snapshot(key(), "postgres", YESTERDAY))))
                .isEmpty();
        then(BakeReason.of("redis", updated, List.of())).isEmpty();
    }

    @Test
    void a_bake_says_it_in_one_line_of_the_log() {
        try (Thaw thaw = Thaw.open();
                Baked baked = new Baked();
                Logged logged = new Logged(Baker.class.getName())) {
            // GIVEN a snapshot
            VmSpec spec = baked.anew(Specs.web());
            thaw.bake(spec);
            // WHEN another is asked for that is like it but for its memory
            thaw.bake(spec.memory("97m"));
            // THEN
            then(logged.messages())
                    .last()
                    .asString()
                    .isEqualTo("Baking busybox from " + spec.image()
                            + " anew: memory-bytes 100663296 -> 101711872. This is done once.");
        }
    }
}

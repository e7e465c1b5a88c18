// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static dev.thaw.snapshot.Bakes.PAGE;
import static dev.thaw.snapshot.Bakes.bake;
import static dev.thaw.snapshot.Bakes.key;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Stores in which lies what no store has put there. */
class OddStoreTest extends CheckpointFixture {
    private static final SweepLimits ALL = new SweepLimits(0, Duration.ZERO);
    private static final String HASH = "ab".repeat(32);

    private Path seal() {
        return baked.memory().resolveSibling(baked.memory().getFileName() + ".seal");
    }

    private Path list() {
        return store.folder().resolve("chunks/" + baked.memory().getFileName());
    }

    private void thenAllWorks() throws IOException {
        then(store.find(key("redis"))).contains(baked);
        Snapshot checkpoint = checkpoint();
        then(store.verify(checkpoint).problems()).isEmpty();
        then(store.verify(baked).problems()).isEmpty();
        then(store.sweep(SweepLimits.NONE).removed()).isEmpty();
        lease.close();
        then(store.sweep(ALL).removed()).containsExactly(checkpoint, baked);
        try (Stream<Path> left = Files.walk(store.folder())) {
            then(left.filter(file -> !Files.isDirectory(file))
                            .filter(file -> !file.toString().endsWith(".lock")))
                    .isEmpty();
        }
    }

    private Snapshot checkpoint() throws IOException {
        return checkpoint(baked, 9, ByteBuffer.allocate(PAGE).put(0, (byte) 7).array());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n",
                "thaw-seal 1 ",
                "thaw-seal 1 262144 1 1 1 -5\n",
                "thaw-seal 1 262144 1 1 1 99999999999999999999999\n",
                "thaw-seal 2 262144 1 1 1 4096\n",
                "\u0000\u00ff\u0000"
            })
    void odd_seals_are_as_good_as_none(String content) throws IOException {
        Files.writeString(seal(), content);

        thenAllWorks();
    }

    @Test
    void a_seal_with_a_negative_size_counts_as_the_whole_file() throws IOException {
        String right = Files.readString(seal());
        Files.writeString(seal(), right.substring(0, right.lastIndexOf(' ')) + " -5\n");

        then(store.sweep(SweepLimits.NONE).keptBytes()).isGreaterThan(262_144);
        thenAllWorks();
    }

    @Test
    void a_seal_longer_than_any_is_as_good_as_none() throws IOException {
        Files.write(seal(), new byte[1 << 20]);

        thenAllWorks();
    }

    @Test
    void a_folder_or_a_link_for_a_seal_is_as_good_as_none() throws IOException {
        Files.delete(seal());
        Files.createDirectories(seal().resolve("deep"));
        then(store.find(key("redis"))).contains(baked);
        then(store.sweep(SweepLimits.NONE).removed()).isEmpty();
        Files.delete(seal().resolve("deep"));
        Files.delete(seal());
        Files.createSymbolicLink(seal(), Path.of("/dev/zero"));

        thenAllWorks();
    }

    private interface Harm {
        void to(Path list) throws IOException;
    }

    static Stream<Named<Harm>> lists() {
        return Stream.of(
                Named.of("missing", Files::delete),
                Named.of("empty", list -> Files.write(list, new byte[0])),
                Named.of("too long", list -> Files.write(list, new byte[1 << 20])),
                Named.of("cut off", list -> Files.write(list, Arrays.copyOf(Files.readAllBytes(list), 40))),
                Named.of("another chunk's hash", OddStoreTest::flipLast),
                Named.of("a folder", list -> {
                    Files.delete(list);
                    Files.createDirectories(list);
                }),
                Named.of("a link", list -> {
                    Path there = list.resolveSibling("elsewhere");
                    Files.move(list, there);
                    Files.createSymbolicLink(list, there);
                }));
    }

    /** Of the right form, and of another blob. */
    private static void flipLast(Path list) throws IOException {
        byte[] content = Files.readAllBytes(list);
        content[content.length - 1] ^= 1;
        Files.write(list, content);
    }

    @ParameterizedTest
    @MethodSource("lists")
    void a_checkpoint_makes_a_wrong_chunk_list_anew(Harm harm) throws IOException {
        byte[] right = Files.readAllBytes(list());
        harm.to(list());

        then(store.verify(checkpoint()).problems()).isEmpty();
        if (!Files.isDirectory(list())) {
            then(list()).isRegularFile().hasBinaryContent(right);
        }
    }

    @Test
    void no_checkpoint_is_made_of_a_damaged_memory() throws IOException {
        byte[] memory = Files.readAllBytes(baked.memory());
        memory[5] ^= 1;
        Files.write(baked.memory(), memory);

        thenThrownBy(this::checkpoint)
                .isInstanceOf(SnapshotException.class)
                .hasMessageContaining(
                        "Can't copy the memory of snapshot " + baked.id().abbreviated())
                .hasMessageContaining(" has chunks of SHA-256 ");
        then(store.folder().resolve("drafts")).isEmptyDirectory();
    }

    @Test
    void hostile_names_neither_hinder_nor_survive_a_sweep() throws IOException {
        for (String folder : new String[] {"blobs", "sparse", "chunks", "snapshots", "uses", "trash"}) {
            Path in = store.folder().resolve(folder);
            Files.writeString(in.resolve("\u00e4 \n\"x"), "x");
            Files.writeString(in.resolve(".seal"), "x");
            Files.writeString(in.resolve(HASH), "x");
            Files.writeString(in.resolve(HASH + ".json"), "{}");
            Files.writeString(in.resolve("..." + HASH + ".seal.seal"), "x");
            Files.createDirectories(in.resolve("folder.json/deep"));
            Files.createSymbolicLink(in.resolve("c".repeat(64)), store.folder());
            Files.createSymbolicLink(in.resolve("d".repeat(64) + ".json"), Path.of("/dev/zero"));
            Files.createSymbolicLink(in.resolve("e".repeat(64) + ".seal"), Path.of("nowhere"));
        }
        Files.createDirectories(store.folder().resolve("drafts/" + HASH + "-x/deep"));

        thenAllWorks();
    }

    @Test
    void a_manifest_under_another_name_is_not_listed_and_goes() throws IOException {
        Path manifest = Bakes.manifest(baked);
        Files.copy(manifest, manifest.resolveSibling(baked.id().sha256()));
        Files.copy(manifest, manifest.resolveSibling(HASH + ".json"));

        then(store.list()).containsExactly(baked);
        thenAllWorks();
    }

    @Test
    void an_interrupted_removal_takes_nothing_from_others() throws IOException {
        Snapshot other = bake(store, key("nginx"));
        for (int i = 0; i < 2; i++) {
            Thread.currentThread().interrupt();
            if (i == 0) {
                thenThrownBy(() -> store.remove(other.id())).isInstanceOf(SnapshotException.class);
            } else {
                thenThrownBy(() -> store.sweep(ALL)).isInstanceOf(SnapshotException.class);
            }
            then(Thread.interrupted()).isTrue();
        }

        then(store.verify(baked).problems()).isEmpty();
        then(store.verify(other).problems()).isEmpty();
    }

    @Test
    void links_in_place_of_blobs_are_damage() throws IOException {
        for (Path file : new Path[] {baked.memory(), baked.deviceState()}) {
            Path moved = Files.move(file, temporary.resolve("moved"), StandardCopyOption.REPLACE_EXISTING);
            Files.createSymbolicLink(file, moved);

            then(store.find(key("redis"))).isEmpty();
            then(moved).exists();

            baked = bake(store, key("redis"));
        }
        thenAllWorks();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static dev.thaw.snapshot.Bakes.PAGE;
import static dev.thaw.snapshot.Bakes.key;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.snapshot.blob.BlobFolder;
import dev.thaw.snapshot.blob.SparseFiles;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CheckpointTest extends CheckpointFixture {
    private static final SweepLimits ALL = new SweepLimits(0, Duration.ofDays(365));

    private static byte[] page(int value) {
        byte[] page = new byte[PAGE];
        Arrays.fill(page, (byte) value);
        return page;
    }

    @Test
    void a_checkpoint_has_its_parents_memory_but_for_the_pages_that_were_written() throws IOException {
        byte[] expected = Files.readAllBytes(baked.memory());
        System.arraycopy(page(7), 0, expected, 9 * PAGE, PAGE);

        Snapshot checkpoint = checkpoint(baked, 9, page(7));

        then(Files.readAllBytes(checkpoint.memory())).isEqualTo(expected);
        then(checkpoint.deviceState()).hasContent("later devices");
        then(checkpoint.manifest().parent()).contains(baked.id());
        then(checkpoint.key()).isEqualTo(baked.key());
        then(checkpoint.id()).isNotEqualTo(baked.id());
        then(store.find(checkpoint.id())).contains(checkpoint);
        then(store.verify(checkpoint).intact()).isTrue();
        then(store.find(key("redis"))).contains(baked);
        then(store.verify(baked).intact()).isTrue();
        then(temporary.resolve("store/drafts")).isEmptyDirectory();
    }

    @Test
    void a_checkpoint_of_a_checkpoint_has_both_changes() throws IOException {
        Snapshot first = checkpoint(baked, 9, page(7));

        Snapshot second = checkpoint(first, 10, page(8));

        byte[] memory = Files.readAllBytes(second.memory());
        then(Arrays.copyOfRange(memory, 9 * PAGE, 11 * PAGE))
                .isEqualTo(
                        ByteBuffer.allocate(2 * PAGE).put(page(7)).put(page(8)).array());
        then(second.manifest().parent()).contains(first.id());
    }

    @Test
    void pages_that_are_as_they_were_make_the_same_memory() throws IOException {
        byte[] before = Files.readAllBytes(baked.memory());

        Snapshot checkpoint = checkpoint(baked, 0, Arrays.copyOf(before, 20 * PAGE));

        then(checkpoint.memory()).isEqualTo(baked.memory());
        then(checkpoint.id()).isNotEqualTo(baked.id());
    }

    @Test
    void a_checkpoint_and_what_it_comes_from_stay_as_long_as_the_lease() throws IOException {
        Snapshot first = checkpoint(baked, 9, page(7));
        Snapshot second = checkpoint(first, 10, page(8));

        then(store.sweep(ALL).removed()).isEmpty();
        then(store.find(second.id())).isPresent();

        lease.close();
        then(store.sweep(SweepLimits.NONE).removed()).containsExactly(second, first);
        then(store.find(key("redis"))).contains(baked);
    }

    @Test
    void a_checkpoint_that_is_given_up_can_go_and_those_that_are_not_stay() throws IOException {
        Snapshot kept = checkpoint(baked, 9, page(7));
        Snapshot given = checkpoint(baked, 9, page(8));

        then(store.removeIfUnused(given.id())).isFalse();
        lease.release(given.id());
        then(store.removeIfUnused(given.id())).isTrue();

        then(store.sweep(ALL).removed()).isEmpty();
        then(store.folder().resolve("locks/" + given.id() + ".lock")).doesNotExist();
        then(store.find(given.id())).isEmpty();
        then(store.find(kept.id())).contains(kept);
    }

    @Test
    void what_the_taker_throws_comes_out_and_nothing_is_left() {
        FileNotFoundException failure = new FileNotFoundException("no machine");

        thenThrownBy(() -> store.checkpoint(baked, lease, draft -> {
                    Files.writeString(draft.deviceState(), "devices");
                    throw failure;
                }))
                .isSameAs(failure);

        then(temporary.resolve("store/drafts")).isEmptyDirectory();
        then(temporary.resolve("store/locks")).isDirectoryContaining("glob:**store.lock");
        then(store.list()).containsExactly(baked);
    }

    @Test
    void what_are_no_whole_pages_of_the_memory_is_refused() throws IOException {
        long length = Files.size(baked.memory());
        for (long offset : new long[] {-PAGE, 1, PAGE - 1, length, length - PAGE, Long.MAX_VALUE - PAGE + 1}) {
            thenThrownBy(() -> store.<IOException>checkpoint(
                            baked, lease, draft -> draft.writeMemory(offset, ByteBuffer.allocate(2 * PAGE))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("8192 bytes at " + offset + " are no whole pages of a file of " + length + " bytes");
        }
        thenThrownBy(() -> store.<IOException>checkpoint(
                        baked, lease, draft -> draft.writeMemory(0, ByteBuffer.allocate(PAGE + 1))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** Pages at random, written in pieces at random, against the same in an array. */
    @Test
    void any_pages_are_where_they_were_written_and_hashed() throws IOException {
        long seed = Long.getLong("thaw.test.seed", System.nanoTime());
        Random random = new Random(seed);
        byte[] model = Files.readAllBytes(baked.memory());
        int pages = model.length / PAGE;
        Snapshot last = baked;
        for (int round = 0; round < 8; round++) {
            last = store.<IOException>checkpoint(last, lease, draft -> {
                for (int i = 0; i < random.nextInt(6); i++) {
                    int first = random.nextInt(pages);
                    int count = 1 + random.nextInt(pages - first);
                    byte[] content = new byte[count * PAGE];
                    if (random.nextInt(4) > 0) {
                        random.nextBytes(content);
                    }
                    System.arraycopy(content, 0, model, first * PAGE, content.length);
                    draft.writeMemory((long) first * PAGE, ByteBuffer.wrap(content));
                }
                Files.writeString(draft.deviceState(), "devices");
            });
            then(Files.readAllBytes(last.memory()))
                    .as("-Dthaw.test.seed=%d, round %d", seed, round)
                    .isEqualTo(model);
            then(BlobFolder.chunked(SparseFiles.read(last.memory()).chunks()))
                    .isEqualTo(last.manifest().file(SnapshotFile.MEMORY));
        }
    }
}

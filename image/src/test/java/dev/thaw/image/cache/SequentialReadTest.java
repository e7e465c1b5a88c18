// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.cache;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.image.Digest;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SequentialReadTest {
    private static final long SEED = Long.getLong("thaw.test.seed", System.nanoTime());
    private static final int CHUNK = SequentialRead.CHUNK_BYTES, BLOCK = DiskCache.BLOCK_BYTES;

    @TempDir
    Path temp;

    @Test
    void a_follower_gets_the_bytes_wherever_it_goes() throws Exception {
        for (int i = 0; i < 20; i++) {
            long seed = SEED + i;
            Random random = new Random(seed);
            byte[] bytes = random(BLOCK * (1 + random.nextInt(30 * CHUNK / BLOCK)));
            try (FileChannel file = file(bytes);
                    SequentialRead read = read(file, bytes.length)) {
                read.follow();
                int furthest = 0;
                for (int at = 0; at < bytes.length; at += next(random)) {
                    at = Math.max(0, at);
                    byte[] target = new byte[1 + random.nextInt(2 * CHUNK)];
                    int got = read.copy(ByteBuffer.wrap(target), at);
                    then(Arrays.copyOf(target, got)).isEqualTo(Arrays.copyOfRange(bytes, at, at + got));
                    furthest = Math.max(furthest, at / CHUNK);
                    then(got > 0 || at / CHUNK < furthest - 3)
                            .as("only what lies far behind is missed")
                            .isTrue();
                }
                then(Digest.sha256(read.finish())).isEqualTo(Digest.sha256Of(bytes));
            } catch (AssertionError | IOException | RuntimeException e) {
                throw new AssertionError("replay with -Dthaw.test.seed=" + seed, e);
            }
        }
    }

    /** Mostly on, by little or by much, and at times back. */
    private static int next(Random random) {
        return switch (random.nextInt(20)) {
            case 0 -> -random.nextInt(4 * CHUNK);
            case 1 -> random.nextInt(8 * CHUNK);
            default -> random.nextInt(CHUNK);
        };
    }

    @Test
    void it_is_read_to_its_end_although_nobody_follows() throws Exception {
        for (int length : new int[] {0, BLOCK, CHUNK, 20 * CHUNK + BLOCK}) {
            byte[] bytes = random(length);
            try (FileChannel file = file(bytes);
                    SequentialRead read = read(file, length)) {
                then(Digest.sha256(read.finish())).isEqualTo(Digest.sha256Of(bytes));
            }
        }
    }

    @Test
    void what_is_still_far_ahead_is_not_waited_for_before_anybody_follows() throws Exception {
        byte[] bytes = random(20 * CHUNK);
        try (FileChannel file = file(bytes);
                SequentialRead read = read(file, bytes.length)) {
            then(read.copy(ByteBuffer.allocate(10), 19L * CHUNK)).isZero();
            read.follow();
            then(read.copy(ByteBuffer.allocate(10), 19L * CHUNK)).isEqualTo(10);
            then(read.copy(ByteBuffer.allocate(10), 0)).as("far behind").isZero();
        }
    }

    @Test
    void a_file_that_ends_too_early_says_so() throws Exception {
        try (FileChannel file = file(random(CHUNK));
                SequentialRead read = read(file, 3L * CHUNK)) {
            thenThrownBy(read::finish).isInstanceOf(EOFException.class).hasMessage("it ends at byte " + CHUNK);
        }
    }

    @Test
    void its_thread_ends_with_it() throws Exception {
        try (FileChannel file = file(random(20 * CHUNK))) {
            SequentialRead read = read(file, 20L * CHUNK);
            read.close();
            Awaitility.await("no thread is left")
                    .atMost(10, TimeUnit.SECONDS)
                    .until(() -> Thread.getAllStackTraces().keySet().stream()
                            .noneMatch(thread -> thread.getName().equals("sequential-read-test")));
        }
    }

    private static SequentialRead read(FileChannel file, long length) {
        return new SequentialRead("sequential-read-test", file, length, Digest.newSha256());
    }

    private FileChannel file(byte[] bytes) throws IOException {
        Path file = Files.write(Files.createTempFile(temp, "file", ""), bytes);
        return UncachedFile.open(file, BLOCK);
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }
}

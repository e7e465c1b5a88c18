// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.cache;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.image.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceDiskTest {
    private static final Digest KEY = Digest.sha256Of(new byte[] {1});
    private static final byte[] BYTES = new byte[40 << 20];

    static {
        new Random(3).nextBytes(BYTES);
    }

    @TempDir
    Path temp;

    private DiskCache cache;
    private Path file;

    @BeforeEach
    void makeDisk() throws Exception {
        cache = DiskCache.open(temp);
        file = cache.findOrBuild(KEY, (channel, temporaries) -> {
                    ByteBuffer aligned =
                            ByteBuffer.allocateDirect(BYTES.length + 4096).alignedSlice(4096);
                    aligned.put(BYTES).flip();
                    while (aligned.hasRemaining()) {
                        channel.write(aligned);
                    }
                    return Digest.sha256Of(BYTES);
                })
                .file();
    }

    @Test
    void a_whole_disk_is_read_and_found_right_although_it_loses_its_name() throws Exception {
        try (SourceDisk disk = open()) {
            Files.delete(file);
            disk.readInOrder();
            byte[] read = new byte[BYTES.length];
            disk.region().read(0, read, 0, read.length);
            then(read).isEqualTo(BYTES);
            disk.check();
        }
    }

    @Test
    void a_disk_that_was_changed_is_found_and_thrown_away() throws Exception {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {(byte) (BYTES[BYTES.length - 1] ^ 1)}), BYTES.length - 1);
        }
        try (SourceDisk disk = open()) {
            thenThrownBy(disk::check)
                    .isInstanceOfSatisfying(
                            DamagedDiskException.class, e -> then(e.key()).isEqualTo(KEY))
                    .hasMessageMatching("the cached disk " + file + " is damaged: it was noted as "
                            + Digest.sha256Of(BYTES) + ", and is now sha256:[0-9a-f]{64}")
                    .satisfies(e -> ((DamagedDiskException) e).discardDisk());
        }
        then(file).doesNotExist();
        then(cache.find(KEY)).isEmpty();
    }

    @Test
    void a_disk_that_is_cut_off_while_it_is_open_can_not_be_read() throws Exception {
        try (SourceDisk disk = open()) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(4096);
            }
            disk.readInOrder();
            thenThrownBy(() -> disk.region().read(BYTES.length - 10, new byte[10], 0, 10))
                    .isInstanceOf(DamagedDiskException.class)
                    .hasMessageMatching("the cached disk " + file + " can't be read: it ends at byte \\d+");
            thenThrownBy(disk::check).isInstanceOf(DamagedDiskException.class);
        }
    }

    @Test
    void another_disk_in_its_place_is_not_thrown_away() throws Exception {
        try (SourceDisk disk = open()) {
            Path other = Files.copy(file, temp.resolve("other"));
            Files.delete(file);
            Files.move(other, file);
            disk.discard();
            then(file).exists();
            then(cache.find(KEY)).isPresent();
        }
    }

    @Test
    void a_disk_that_is_noted_otherwise_is_not_opened() throws IOException {
        then(cache.open(KEY, Digest.sha256Of(new byte[0]))).isEmpty();
        then(cache.open(Digest.sha256Of(new byte[0]), Digest.sha256Of(BYTES))).isEmpty();
    }

    @Test
    void a_reader_that_is_interrupted_says_nothing_of_the_disk() throws Exception {
        try (SourceDisk disk = open()) {
            disk.readInOrder();
            Thread.currentThread().interrupt();
            thenThrownBy(disk::check).isInstanceOf(IOException.class).isNotInstanceOf(DamagedDiskException.class);
            then(Thread.interrupted()).isTrue();
        }
        then(file).exists();
    }

    private SourceDisk open() throws IOException {
        Optional<SourceDisk> disk = cache.open(KEY, Digest.sha256Of(BYTES));
        return disk.orElseThrow();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.erofs;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.thaw.image.testing.erofs.ErofsReader;
import dev.thaw.image.testing.erofs.MalformedErofsException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The judge of our disks is itself judged: by disks that mkfs.erofs made, and by damaged ones. */
class ErofsReaderTest {
    private static final long SEED = Long.getLong("thaw.test.seed", System.nanoTime());

    @TempDir
    static Path temp;

    @Test
    void a_disk_of_mkfs_is_read() throws Exception {
        then(ErofsReader.list(Files.write(temp.resolve("mkfs.erofs"), seed("mkfs"))))
                .containsOnlyKeys("/", "/folder", "/folder/blocks", "/folder/same", "/folder/tail", "/link", "/symlink")
                .allSatisfy((path, entry) -> then(entry.uid()).isZero())
                .satisfies(disk -> then(disk.get("/link").nid())
                        .isEqualTo(disk.get("/folder/tail").nid()))
                .satisfies(disk -> then(disk.get("/symlink").content()).isEqualTo("folder/tail"))
                .satisfies(disk -> then(disk.get("/folder/tail").content())
                        .isEqualTo("1a9aadd06ccf1ef968422d3a0f874cc7ca3e48d4b6b9502d9b67b038630bb867"));
    }

    @Test
    void a_wrong_checksum_is_found() throws Exception {
        byte[] disk = seed("ours");
        disk[1024 + 64] ^= 1; // in the volume's name
        thenThrownBy(() -> read(disk))
                .isInstanceOf(MalformedErofsException.class)
                .hasMessage("superblock: a wrong checksum");
    }

    @FuzzTest(maxDuration = "10m")
    void any_bytes_are_a_disk_or_refused(byte[] bytes) throws Exception {
        if (bytes != null) {
            readOrRefuse(withChecksum(bytes));
        }
    }

    @Test
    void disks_with_random_damage_are_read_or_refused() throws Exception {
        for (int i = 0; i < 2000; i++) {
            long seed = SEED + i;
            Random random = new Random(seed);
            byte[] disk = seed(random.nextBoolean() ? "ours" : "mkfs");
            for (int damages = 1 + random.nextInt(8); damages > 0; damages--) {
                int at = random.nextInt(8) == 0 ? 1024 + random.nextInt(128) : random.nextInt(disk.length);
                disk[at] = (byte) random.nextInt(256);
            }
            try {
                readOrRefuse(withChecksum(disk));
            } catch (IOException | RuntimeException e) {
                throw new AssertionError("replay with -Dthaw.test.seed=" + seed, e);
            }
        }
    }

    private static void readOrRefuse(byte[] disk) throws IOException {
        try {
            read(disk);
        } catch (MalformedErofsException e) {
            then(e.getMessage()).isNotBlank().hasSizeLessThan(1000);
        }
    }

    private static void read(byte[] disk) throws IOException {
        Path file = Files.write(temp.resolve("disk.erofs"), disk);
        try (SeekableByteChannel channel = Files.newByteChannel(file, StandardOpenOption.READ)) {
            ErofsReader.list(channel, 10_000, 1 << 26);
        }
    }

    /** With the superblock's checksum made right, so that damage gets past it. */
    private static byte[] withChecksum(byte[] disk) {
        byte[] fixed = disk.clone();
        if (fixed.length >= 4096) {
            ByteBuffer b = ByteBuffer.wrap(fixed).order(ByteOrder.LITTLE_ENDIAN).putInt(1024 + 4, 0);
            CRC32C crc = new CRC32C();
            crc.update(fixed, 1024, 4096 - 1024);
            b.putInt(1024 + 4, (int) ~crc.getValue());
        }
        return fixed;
    }

    private static byte[] seed(String name) throws IOException {
        String resource = "ErofsReaderTestInputs/any_bytes_are_a_disk_or_refused/" + name + ".erofs";
        try (InputStream in = ErofsReaderTest.class.getResourceAsStream(resource)) {
            return in.readAllBytes();
        }
    }
}

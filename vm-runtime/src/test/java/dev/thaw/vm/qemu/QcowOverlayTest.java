// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.thaw.vm.engine.ChangedDisk;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** That QEMU reads and writes what is made here is shown by VMs with scratch disks. */
class QcowOverlayTest {
    private static final int CLUSTER = QcowOverlay.CLUSTER_BYTES;
    /** Two tables, and half a cluster at the end. */
    private static final long BYTES = (512L << 20) + CLUSTER / 2;

    private static final long L1 = 3L * CLUSTER;
    private static final long L2 = 4L * CLUSTER;
    private static final long DATA = 5L * CLUSTER;
    private static final long COPIED = 1L << 63;

    @TempDir
    private Path folder;

    /** What was read, as text. */
    private static final class Seen implements ChangedDisk {
        private final List<String> pieces = new ArrayList<>();

        @Override
        public void data(long offset, ByteBuffer bytes) {
            pieces.add("data " + offset + " " + bytes.remaining() + " of " + bytes.get(bytes.position()));
        }

        @Override
        public void zeros(long offset, long count) {
            pieces.add("zeros " + offset + " " + count);
        }
    }

    private Path overlay() throws IOException {
        Path file = folder.resolve("overlay");
        QcowOverlay.create(file, BYTES);
        return file;
    }

    private static void put(Path file, long offset, long value) throws IOException {
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.seek(offset);
            out.writeLong(value);
        }
    }

    private static List<String> read(Path file) throws IOException {
        Seen seen = new Seen();
        QcowOverlay.read(file, BYTES, seen);
        return seen.pieces;
    }

    @Test
    void an_empty_overlay_has_nothing_and_its_header_is_as_the_specification_has_it() throws IOException {
        Path file = overlay();
        then(read(file)).isEmpty();
        then(file).hasSize(4L * CLUSTER);
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            byte[] header = new byte[112];
            in.readFully(header);
            then(ByteBuffer.wrap(header))
                    .isEqualTo(ByteBuffer.wrap(HexFormat.of()
                            .parseHex("514649fb" + "00000003" // magic, version
                                    + "0000000000000000" + "00000000" // no backing file in it
                                    + "00000010" + "0000000020008000" // clusters of 64 KiB, size
                                    + "00000000" + "00000002" + "0000000000030000" // not encrypted, L1 table
                                    + "0000000000010000" + "00000001" // refcount table
                                    + "00000000" + "0000000000000000" // no snapshots
                                    + "0000000000000000" + "0000000000000000" + "0000000000000000" // features
                                    + "00000004" + "00000068"
                                    + "0000000000000000"))); // refcounts of 16 bits, header's length
        }
    }

    @Test
    void what_was_written_and_what_was_zeroed_is_read_and_the_rest_is_not() throws IOException {
        // GIVEN clusters 1 and 3 of the first table, and the half one of the second
        Path file = overlay();
        put(file, L1, COPIED | L2);
        put(file, L2 + 8, COPIED | DATA);
        put(file, L2 + 3 * 8, 1);
        put(file, L1 + 8, COPIED | DATA + CLUSTER);
        put(file, DATA + CLUSTER, COPIED | DATA + 2L * CLUSTER);
        put(file, DATA + CLUSTER + 8, COPIED | DATA);
        put(file, DATA, 0x0700000000000000L);
        put(file, DATA + 3L * CLUSTER - 8, 0);
        // WHEN THEN the disk ends before the last one
        then(read(file))
                .containsExactly(
                        "data " + CLUSTER + " " + CLUSTER + " of 7",
                        "zeros " + 3 * CLUSTER + " " + CLUSTER,
                        "data " + (512 << 20) + " " + CLUSTER / 2 + " of 0");
    }

    @Test
    void a_file_that_ends_before_its_tables_do_is_refused() throws IOException {
        Path file = overlay();
        put(file, L1, COPIED | DATA);
        thenThrownBy(() -> read(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("before what its tables lead to");
    }

    @Test
    void a_cluster_that_the_file_ends_in_is_zeros_from_there() throws IOException {
        Path file = overlay();
        put(file, L1, COPIED | L2);
        put(file, L2, COPIED | DATA);
        put(file, L2 + 8, COPIED | DATA + 4L * CLUSTER);
        put(file, DATA, 0x0700000000000000L);
        then(read(file)).containsExactly("data 0 " + CLUSTER + " of 7", "data " + CLUSTER + " " + CLUSTER + " of 0");
    }

    @Test
    void compressed_clusters_are_refused() throws IOException {
        Path file = overlay();
        put(file, L1, COPIED | L2);
        put(file, L2, 1L << 62 | 77);
        put(file, L2 + CLUSTER - 8, 0);
        thenThrownBy(() -> read(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("a compressed cluster for offset 0");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 20, 24, 36, 72})
    void another_file_or_a_damaged_one_is_refused(int at) throws IOException {
        Path file = overlay();
        put(file, at, 0x7777_7777_7777_7777L);
        thenThrownBy(() -> read(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is no overlay of a disk of " + BYTES + " bytes any more");
    }

    @Test
    void nothing_that_is_there_is_overwritten_and_no_disk_is_too_large() throws IOException {
        Path file = overlay();
        thenThrownBy(() -> QcowOverlay.create(file, BYTES)).isInstanceOf(FileAlreadyExistsException.class);
        then(file).hasSize(4L * CLUSTER);
        for (long bytes : new long[] {0, -1, QcowOverlay.MAX_BYTES + 1}) {
            thenThrownBy(() -> QcowOverlay.create(file, bytes)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @FuzzTest
    void any_tables_are_read_or_refused(FuzzedDataProvider data) throws IOException {
        Path file = Files.createTempDirectory("thaw-qcow-fuzz").resolve("overlay");
        try {
            QcowOverlay.create(file, BYTES);
            while (data.remainingBytes() > 0) {
                put(file, data.consumeInt(0, 6 * CLUSTER), data.consumeLong());
            }
            then(read(file)).allMatch(piece -> piece.startsWith("data") || piece.startsWith("zeros"));
        } catch (IOException expected) {
            then(expected.getMessage()).contains("overlay");
        } finally {
            Files.deleteIfExists(file);
            Files.delete(file.getParent());
        }
    }
}

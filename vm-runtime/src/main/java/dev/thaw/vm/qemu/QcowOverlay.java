// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import dev.thaw.vm.engine.ChangedDisk;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * An overlay in QEMU's qcow2 format, version 3, made empty and read when QEMU has written to it. Source: QEMU's
 * docs/interop/qcow2.txt. All numbers are big-endian. What it lies over is told to QEMU by the command line and not by the file,
 * which so has no path in it.
 *
 * <pre>
 * cluster 0   header
 * cluster 1   refcount table: one entry, for the block in cluster 2
 * cluster 2   refcount block: 16 bits a cluster, of 32768 clusters; QEMU adds more
 * cluster 3   L1 table: 8 bytes for each 512 MiB of the disk
 * </pre>
 *
 * <p>Stateless. Whoever reads has stopped the machine: QEMU then writes back what it holds of the tables.
 */
final class QcowOverlay {
    private static final int MAGIC = 0x514649fb;
    private static final int VERSION = 3;
    private static final int CLUSTER_BITS = 16;
    static final int CLUSTER_BYTES = 1 << CLUSTER_BITS;
    private static final int ENTRIES_OF_L2 = CLUSTER_BYTES / Long.BYTES;
    private static final long BYTES_OF_L2 = (long) ENTRIES_OF_L2 * CLUSTER_BYTES;
    /** A table of one cluster: 4 TiB. */
    static final long MAX_BYTES = ENTRIES_OF_L2 * BYTES_OF_L2;

    private static final int HEADER_BYTES = 104;
    private static final int REFCOUNT_ORDER = 4;
    private static final int REFCOUNT_TABLE = 1;
    private static final int REFCOUNT_BLOCK = 2;
    private static final int L1_TABLE = 3;
    private static final int FIRST_CLUSTERS = 4;

    /** Offsets in the header. */
    private static final int AT_CLUSTER_BITS = 20;

    private static final int AT_SIZE = 24;
    private static final int AT_L1_ENTRIES = 36;
    private static final int AT_L1_OFFSET = 40;
    private static final int AT_INCOMPATIBLE = 72;

    /** "Refcounts are out of date" does not matter to who reads. */
    private static final long KNOWN_INCOMPATIBLE = 1;

    private static final long OFFSET = 0x00ff_ffff_ffff_fe00L;
    private static final long COMPRESSED = 1L << 62;
    private static final long ZEROS = 1;

    private final Path file;
    private final FileChannel channel;
    private final long diskBytes;
    private final ByteBuffer cluster = ByteBuffer.allocateDirect(CLUSTER_BYTES);

    private QcowOverlay(Path file, FileChannel channel, long diskBytes) {
        this.file = file;
        this.channel = channel;
        this.diskBytes = diskBytes;
    }

    /**
     * Makes an empty overlay, private (0600).
     *
     * @param file must not exist
     * @param diskBytes how large the disk is that it lies over, at most {@link #MAX_BYTES}
     */
    static void create(Path file, long diskBytes) throws IOException {
        if (diskBytes <= 0 || diskBytes > MAX_BYTES) {
            throw new IllegalArgumentException("no overlay for a disk of " + diskBytes + " bytes");
        }
        FileChannel out = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (out) {
            writeEmpty(out, diskBytes);
        } catch (IOException e) {
            Files.deleteIfExists(file);
            throw e;
        }
    }

    private static void writeEmpty(FileChannel out, long diskBytes) throws IOException {
        write(out, header(diskBytes), 0);
        write(out, ByteBuffer.allocate(Long.BYTES).putLong(0, offset(REFCOUNT_BLOCK)), offset(REFCOUNT_TABLE));
        ByteBuffer refcounts = ByteBuffer.allocate(FIRST_CLUSTERS * Short.BYTES);
        for (int i = 0; i < FIRST_CLUSTERS; i++) {
            refcounts.putShort(i * Short.BYTES, (short) 1);
        }
        write(out, refcounts, offset(REFCOUNT_BLOCK));
        write(out, ByteBuffer.allocate(CLUSTER_BYTES), offset(L1_TABLE));
    }

    private static ByteBuffer header(long diskBytes) {
        return ByteBuffer.allocate(HEADER_BYTES + Long.BYTES) // and an extension of type 0: there are no others
                .putInt(MAGIC)
                .putInt(VERSION)
                .putLong(0) // the backing file's name
                .putInt(0)
                .putInt(CLUSTER_BITS)
                .putLong(diskBytes)
                .putInt(0) // not encrypted
                .putInt(tables(diskBytes))
                .putLong(offset(L1_TABLE))
                .putLong(offset(REFCOUNT_TABLE))
                .putInt(1)
                .putInt(0) // snapshots
                .putLong(0)
                .putLong(0) // features: incompatible, compatible, autoclear
                .putLong(0)
                .putLong(0)
                .putInt(REFCOUNT_ORDER)
                .putInt(HEADER_BYTES)
                .putLong(0)
                .flip();
    }

    private static int tables(long diskBytes) {
        return Math.toIntExact((diskBytes + BYTES_OF_L2 - 1) / BYTES_OF_L2);
    }

    private static long offset(int clusterNumber) {
        return (long) clusterNumber << CLUSTER_BITS;
    }

    private static void write(FileChannel out, ByteBuffer bytes, long offset) throws IOException {
        long at = offset;
        while (bytes.hasRemaining()) {
            at += out.write(bytes, at);
        }
    }

    /**
     * Reads what has been written to the overlay, in the order of offsets.
     *
     * @param diskBytes how large the disk is
     * @throws IOException also if it is no overlay of such a disk as {@link #create} makes them
     */
    static void read(Path file, long diskBytes, ChangedDisk sink) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            new QcowOverlay(file, channel, diskBytes).read(sink);
        }
    }

    private void read(ChangedDisk sink) throws IOException {
        ByteBuffer header = bytes(0, HEADER_BYTES);
        int tables = tables(diskBytes);
        if (header.getInt(0) != MAGIC
                || header.getInt(Integer.BYTES) != VERSION
                || header.getInt(AT_CLUSTER_BITS) != CLUSTER_BITS
                || header.getLong(AT_SIZE) != diskBytes
                || header.getInt(AT_L1_ENTRIES) != tables
                || (header.getLong(AT_INCOMPATIBLE) & ~KNOWN_INCOMPATIBLE) != 0) {
            throw new IOException(file + " is no overlay of a disk of " + diskBytes + " bytes any more, or QEMU has"
                    + " found it to be damaged.");
        }
        ByteBuffer l1 = bytes(header.getLong(AT_L1_OFFSET), tables * Long.BYTES);
        for (int i = 0; i < tables; i++) {
            long table = l1.getLong(i * Long.BYTES) & OFFSET;
            if (table != 0) {
                readTable(bytes(table, CLUSTER_BYTES), i * BYTES_OF_L2, sink);
            }
        }
    }

    private void readTable(ByteBuffer l2, long start, ChangedDisk sink) throws IOException {
        for (int i = 0; i < ENTRIES_OF_L2; i++) {
            long entry = l2.getLong(i * Long.BYTES);
            long at = start + offset(i);
            if (entry == 0 || at >= diskBytes) {
                continue;
            }
            int count = (int) Math.min(CLUSTER_BYTES, diskBytes - at);
            if ((entry & COMPRESSED) != 0) {
                throw new IOException(
                        file + " has a compressed cluster for offset " + at + ", which QEMU never makes here.");
            } else if ((entry & ZEROS) != 0) {
                sink.zeros(at, count);
            } else if ((entry & OFFSET) != 0) {
                sink.data(at, data(entry & OFFSET, count));
            }
        }
    }

    /** What is behind the file's end is zeros, as QEMU reads it. */
    private ByteBuffer data(long offset, int count) throws IOException {
        cluster.clear().limit(count);
        if (!readUpToEnd(cluster, offset)) {
            while (cluster.hasRemaining()) {
                cluster.put((byte) 0);
            }
        }
        return cluster.flip();
    }

    private ByteBuffer bytes(long offset, int count) throws IOException {
        return fill(ByteBuffer.allocate(count), offset);
    }

    private ByteBuffer fill(ByteBuffer buffer, long offset) throws IOException {
        if (!readUpToEnd(buffer, offset)) {
            throw new EOFException(
                    file + " ends at " + (offset + buffer.position()) + ", before what its tables lead to.");
        }
        return buffer.flip();
    }

    /** Whether the file has as much as the buffer takes. */
    private boolean readUpToEnd(ByteBuffer buffer, long offset) throws IOException {
        long at = offset;
        while (buffer.hasRemaining()) {
            int count = channel.read(buffer, at);
            if (count < 0) {
                return false;
            }
            at += count;
        }
        return true;
    }
}

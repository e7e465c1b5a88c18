// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import dev.thaw.image.Digest;
import dev.thaw.image.pipe.ChunkPipe;
import dev.thaw.image.tree.ByteRegion;
import dev.thaw.image.tree.InvalidImageException;
import dev.thaw.image.tree.RegionInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestInputStream;
import java.security.MessageDigest;

/**
 * A layer whose digests are right, as an uncompressed tar archive that can be read at any position.
 *
 * <p>A plain layer is read where it is. A compressed one is unpacked once, to a temporary file without a name, so that
 * nothing stays if the JVM dies. Unpacking it a second time instead, to find each file's content again, costs more:
 * inflating is the slowest step of all, while the temporary file mostly lives and dies in the page cache.
 */
final class OpenLayer implements Closeable {
    private static final int CHUNK = 1 << 18;

    private final FileChannel channel;
    private final ByteRegion archive;

    /** The file that contents are read from long after it was checked, and what it looked like; null if it is our own. */
    private final Path checkedFile;

    private final String checkedState;

    private OpenLayer(FileChannel channel, ByteRegion archive, Path checkedFile, String checkedState) {
        this.channel = channel;
        this.archive = archive;
        this.checkedFile = checkedFile;
        this.checkedState = checkedState;
    }

    /**
     * Opens and checks a layer.
     *
     * @param temporary a file that does not exist, for what is unpacked; it loses its name as soon as it is open
     * @param budget what it takes its uncompressed length from
     * @throws InvalidImageException if a digest or length is wrong or the compressed data is malformed
     */
    static OpenLayer open(LayerBlob blob, Path temporary, UnpackedBytes budget) throws IOException {
        FileChannel file = openFile(blob);
        try {
            if (blob.length() > file.size() - blob.offset()) {
                throw new DamagedLayerException(
                        blob.file() + " is cut off: it should have " + (blob.offset() + blob.length())
                                + " bytes and has " + file.size() + ". Fetch or build the image again",
                        blob);
            }
            ByteRegion region = new ByteRegion(file, blob.offset(), blob.length());
            Compression compression = Compression.of(region);
            if (compression == Compression.NONE) {
                String state = stateOf(blob.file());
                checkPlain(blob, region, budget);
                return new OpenLayer(file, region, blob.file(), state);
            }
            FileChannel unpacked = unpack(blob, region, compression, temporary, budget);
            file.close();
            return new OpenLayer(unpacked, ByteRegion.of(unpacked), null, null);
        } catch (IOException | RuntimeException e) {
            try {
                file.close();
            } catch (IOException onClose) {
                e.addSuppressed(onClose);
            }
            throw e;
        }
    }

    /** The uncompressed tar archive; readable until this is closed. */
    ByteRegion archive() {
        return archive;
    }

    /** Call this when all contents have been read: what was read of a plain layer is what was checked. */
    void checkUnchanged() throws IOException {
        if (checkedFile != null && !stateOf(checkedFile).equals(checkedState)) {
            throw new InvalidImageException(checkedFile + " was changed while it was read. Try again");
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private static String stateOf(Path file) throws IOException {
        BasicFileAttributes a = Files.readAttributes(file, BasicFileAttributes.class);
        return a.fileKey() + " " + a.size() + " " + a.lastModifiedTime();
    }

    private static FileChannel openFile(LayerBlob blob) throws IOException {
        try {
            return FileChannel.open(blob.file(), StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
            throw new InvalidImageException(
                    "its file " + blob.file() + " is missing. Fetch or build the image again", e);
        }
    }

    /** The bytes are hashed once if both digests are the same, as they are for plain layers unless one is wrong. */
    private static void checkPlain(LayerBlob blob, ByteRegion region, UnpackedBytes budget) throws IOException {
        budget.take(region.length());
        MessageDigest diffId = blob.diffId().newMessageDigest();
        MessageDigest digest = blob.digest().orElse(blob.diffId()).newMessageDigest();
        boolean same = blob.digest().orElse(blob.diffId()).equals(blob.diffId());
        byte[] chunk = new byte[CHUNK];
        InputStream in = new RegionInputStream(region);
        for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
            digest.update(chunk, 0, n);
            if (!same) {
                diffId.update(chunk, 0, n);
            }
        }
        if (blob.digest().isPresent()) {
            checkDigest(blob, digest);
        }
        if (!same || blob.digest().isEmpty()) {
            checkDiffId(blob, same ? digest : diffId);
        }
    }

    private static FileChannel unpack(
            LayerBlob blob, ByteRegion region, Compression compression, Path temporary, UnpackedBytes budget)
            throws IOException {
        FileChannel target = unnamedFile(temporary);
        try {
            MessageDigest digest = blob.digest().orElse(blob.diffId()).newMessageDigest();
            MessageDigest diffId = blob.diffId().newMessageDigest();
            DigestInputStream compressed = new DigestInputStream(new RegionInputStream(region), digest);
            MalformedDataException malformed = decompress(compression, compressed, target, diffId, budget);
            compressed.transferTo(OutputStream.nullOutputStream()); // whatever stands behind the last member
            if (blob.digest().isPresent()) {
                checkDigest(blob, digest); // before complaining of what wrong bytes led to
            }
            if (malformed != null) {
                throw new InvalidImageException(
                        blob.file() + " is not valid " + compression.program() + " data: " + malformed.getMessage(),
                        malformed);
            }
            checkDiffId(blob, diffId);
            return target;
        } catch (IOException | RuntimeException e) {
            try {
                target.close();
            } catch (IOException onClose) {
                e.addSuppressed(onClose);
            }
            throw e;
        }
    }

    /** Returns what is wrong with the compressed data, or null. */
    private static MalformedDataException decompress(
            Compression compression,
            InputStream compressed,
            FileChannel target,
            MessageDigest diffId,
            UnpackedBytes budget)
            throws IOException {
        try (ChunkPipe pipe = new ChunkPipe(Thread.currentThread().getName() + "-write", (chunk, length) -> {
                    diffId.update(chunk, 0, length);
                    writeFully(target, ByteBuffer.wrap(chunk, 0, length));
                });
                InputStream in = compression.decompress(compressed)) {
            byte[] chunk = pipe.chunk();
            for (int n = in.readNBytes(chunk, 0, chunk.length); n > 0; n = in.readNBytes(chunk, 0, chunk.length)) {
                budget.take(n);
                pipe.send(chunk, n);
                chunk = pipe.chunk();
            }
            pipe.finish();
            return null;
        } catch (MalformedDataException e) {
            return e;
        }
    }

    private static FileChannel unnamedFile(Path file) throws IOException {
        FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            Files.delete(file); // the open file lives on
            return channel;
        } catch (IOException e) {
            try {
                channel.close();
            } catch (IOException onClose) {
                e.addSuppressed(onClose);
            }
            throw e;
        }
    }

    private static void writeFully(FileChannel target, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            target.write(bytes);
        }
    }

    private static void checkDigest(LayerBlob blob, MessageDigest computed) throws InvalidImageException {
        Digest expected = blob.digest().orElseThrow();
        byte[] hash = computed.digest();
        if (!expected.matches(hash)) {
            throw new DamagedLayerException(
                    blob.file() + " has the wrong digest: expected " + expected + ", got "
                            + expected.withHash(hash)
                            + ". Fetch or build the image again",
                    blob);
        }
    }

    private static void checkDiffId(LayerBlob blob, MessageDigest computed) throws InvalidImageException {
        byte[] hash = computed.digest();
        if (!blob.diffId().matches(hash)) {
            throw new InvalidImageException("the uncompressed content of " + blob.file()
                    + " is not what the image's configuration says: expected diff id " + blob.diffId() + ", got "
                    + blob.diffId().withHash(hash)
                    + ". Fetch or build the image again");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.convert;

import dev.thaw.image.Digest;
import dev.thaw.image.cache.CacheException;
import dev.thaw.image.cache.DamagedDiskException;
import dev.thaw.image.erofs.ContentPlaces;
import dev.thaw.image.erofs.DiskOutput;
import dev.thaw.image.erofs.ErofsWriter;
import dev.thaw.image.layer.IndexedDisk;
import dev.thaw.image.layer.LayerIndex;
import dev.thaw.image.layer.LayerRecorder;
import dev.thaw.image.tree.Inode;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Makes one disk of layers, and indexes of these. Used once, by one thread. */
final class DiskBuilder {
    private final LayerStack layers;
    private final Digest key;

    /**
     * Does nothing yet.
     *
     * @param key becomes the file system's UUID
     */
    DiskBuilder(LayerStack layers, Digest key) {
        this.layers = layers;
        this.key = key;
    }

    /**
     * A disk that has been written.
     *
     * @param digest of its bytes
     * @param indexes of its layers
     */
    record Built(Digest digest, List<LayerIndex> indexes) {
        Built {
            indexes = List.copyOf(indexes);
        }
    }

    /**
     * Writes the disk to an empty file.
     *
     * @throws DamagedDiskException if another disk that it is made of turns out to be damaged
     */
    Built build(FileChannel file) throws IOException, InterruptedException {
        Inode root = layers.flatten();
        try {
            ErofsWriter writer = new ErofsWriter(root, uuid(key));
            Digest digest = write(writer, file);
            IndexedDisk disk = new IndexedDisk(key, digest, writer.sizeBytes(), DiskFormat.NUMBER);
            return new Built(digest, indexes(disk, writer.contentPlaces()));
        } catch (InvalidImageException | CacheException | DamagedDiskException e) {
            throw e;
        } catch (IOException e) {
            throw layers.explained("its files can't be read", e);
        }
    }

    private Digest write(ErofsWriter writer, FileChannel file) throws IOException {
        try (DiskOutput out = new DiskOutput(file, Digest.newSha256())) {
            layers.readInOrder();
            writer.writeTo(out);
            byte[] hash = out.finish();
            layers.checkUnchanged();
            return Digest.sha256(hash);
        } catch (InvalidImageException | DamagedDiskException e) {
            throw e;
        } catch (IOException e) {
            throw layers.explained("its disk of " + writer.sizeBytes() + " bytes can't be written", e);
        }
    }

    /** A layer may be in an image twice. Of its indexes the one that says more is taken. */
    private List<LayerIndex> indexes(IndexedDisk disk, ContentPlaces places) throws IOException {
        Map<Digest, LayerIndex> indexes = new HashMap<>();
        for (LayerRecorder recorder : layers.recorders()) {
            Optional<LayerIndex> index = recorder.index(disk, places);
            if (index.isPresent()) {
                indexes.merge(
                        recorder.diffId(),
                        index.get(),
                        (one, other) -> one.absentContents() < other.absentContents() ? one : other);
            }
        }
        return List.copyOf(indexes.values());
    }

    private static UUID uuid(Digest key) {
        ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(key.hex()));
        long high = (bytes.getLong() & ~0xf000L) | 0x8000L; // RFC 9562, version 8: made from a hash
        long low = (bytes.getLong() & 0x3fff_ffff_ffff_ffffL) | 0x8000_0000_0000_0000L;
        return new UUID(high, low);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.convert;

import dev.thaw.image.Digest;
import dev.thaw.image.cache.DiskCache;
import dev.thaw.image.cache.LayerIndexes;
import dev.thaw.image.cache.SourceDisk;
import dev.thaw.image.layer.EntrySource;
import dev.thaw.image.layer.IndexedDisk;
import dev.thaw.image.layer.LayerBlob;
import dev.thaw.image.layer.LayerIndex;
import dev.thaw.image.layer.MalformedIndexException;
import dev.thaw.image.pipe.Closing;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which layers of an image are on disks in the cache, and these disks, open until this is closed. Confined to one thread.
 */
final class ReusedLayers implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReusedLayers.class);

    /** A disk of less is checked in no time. */
    private static final long SMALL_DISK_BYTES = 64 << 20;
    /** A disk is checked some 20 times as fast as a compressed layer is unpacked. */
    private static final int WORTH = 16;

    /** By diff id; without those that were given up. */
    private final Map<Digest, LayerIndex> indexes = new HashMap<>();

    private final Map<IndexedDisk, SourceDisk> disks = new HashMap<>();

    private ReusedLayers() {}

    /**
     * Finds them, and begins to read the disks.
     *
     * @param distrusted keys of disks that are not to be used
     */
    static ReusedLayers find(List<LayerBlob> layers, LayerIndexes files, DiskCache cache, Set<Digest> distrusted) {
        ReusedLayers found = new ReusedLayers();
        Map<IndexedDisk, Long> layerBytes = new HashMap<>();
        for (LayerBlob layer : layers) {
            if (!found.has(layer)) {
                read(layer.diffId(), files)
                        .filter(index -> index.disk().format() == DiskFormat.NUMBER)
                        .filter(index -> !distrusted.contains(index.disk().key()))
                        .ifPresent(index -> found.indexes.put(layer.diffId(), index));
            }
            if (found.has(layer)) {
                layerBytes.merge(found.indexes.get(layer.diffId()).disk(), layer.length(), Long::sum);
            }
        }
        layerBytes.forEach((disk, bytes) -> found.open(disk, bytes, cache));
        found.indexes.values().removeIf(index -> !found.disks.containsKey(index.disk()));
        return found;
    }

    private static Optional<LayerIndex> read(Digest diffId, LayerIndexes files) {
        Optional<byte[]> bytes = files.read(diffId, LayerIndex.MAX_BYTES);
        try {
            return bytes.isEmpty() ? Optional.empty() : Optional.of(LayerIndex.decode(bytes.get(), diffId));
        } catch (MalformedIndexException e) {
            LOG.debug("Layer {} is unpacked", diffId, e);
            return Optional.empty();
        }
    }

    private void open(IndexedDisk indexed, long layerBytes, DiskCache cache) {
        if (indexed.sizeBytes() > SMALL_DISK_BYTES && indexed.sizeBytes() / WORTH > layerBytes) {
            LOG.debug("Unpacking {} bytes of layers takes less than checking {}", layerBytes, indexed);
            return;
        }
        try {
            cache.open(indexed.key(), indexed.digest()).ifPresent(disk -> disks.put(indexed, disk));
        } catch (IOException e) {
            LOG.debug("{} can't be opened", indexed, e);
        }
    }

    /** Whether the layer need not be unpacked. */
    boolean has(LayerBlob layer) {
        return indexes.containsKey(layer.diffId());
    }

    /** The entries of a layer, of which there is an index. */
    EntrySource entries(LayerBlob layer) {
        LayerIndex index = indexes.get(layer.diffId());
        return index.entries(disks.get(index.disk()).region());
    }

    /** From here on the layer has no index. */
    void giveUp(LayerBlob layer) {
        indexes.remove(layer.diffId());
    }

    /** The index that a layer was taken from, if it was. */
    Optional<LayerIndex> index(Digest diffId) {
        return Optional.ofNullable(indexes.get(diffId));
    }

    /** From here on contents are read in about the order in which they are on their disk. */
    void readInOrder() {
        disks.values().forEach(SourceDisk::readInOrder);
    }

    /**
     * Reads what has not been read of the disks.
     *
     * @throws dev.thaw.image.cache.DamagedDiskException if one is not what was noted of it
     */
    void check() throws IOException {
        for (Map.Entry<IndexedDisk, SourceDisk> disk : disks.entrySet()) {
            if (indexes.values().stream().anyMatch(index -> index.disk().equals(disk.getKey()))) {
                disk.getValue().check(); // nothing was read of the others
            }
        }
    }

    @Override
    public void close() throws IOException {
        Closing.all(disks.values());
    }
}

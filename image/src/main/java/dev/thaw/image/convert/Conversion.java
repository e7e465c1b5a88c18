// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.convert;

import dev.thaw.image.Digest;
import dev.thaw.image.Disk;
import dev.thaw.image.Image;
import dev.thaw.image.cache.DamagedDiskException;
import dev.thaw.image.cache.DiskCache;
import dev.thaw.image.cache.LayerIndexes;
import dev.thaw.image.layer.DamagedLayerException;
import dev.thaw.image.layer.LayerBlob;
import dev.thaw.image.layer.LayerIndex;
import dev.thaw.image.layer.Limits;
import dev.thaw.image.manifest.ImageSource;
import dev.thaw.image.manifest.ResolvedImage;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** From an image to its disk in the cache, again where a damaged file is in the way. Used once, by one thread. */
public final class Conversion {
    private static final Logger LOG = LoggerFactory.getLogger(Conversion.class);

    private final Image image;
    private final Digest key;
    private final ImageSource source;
    private final DiskCache disks;
    private final LayerIndexes indexes;
    private final Limits limits;
    /** Keys of disks that were damaged; they are not used again even if they can't be thrown away. */
    private final Set<Digest> distrusted = new HashSet<>();

    private List<LayerIndex> made = List.of();

    public Conversion(Image image, ImageSource source, DiskCache disks, LayerIndexes indexes, Limits limits) {
        this.image = image;
        this.key = DiskFormat.keyOf(image.diffIds());
        this.source = source;
        this.disks = disks;
        this.indexes = indexes;
        this.limits = limits;
    }

    /** The disk: found, or built. The indexes of its layers are written when it is in its place. */
    public Disk disk() throws IOException, InterruptedException {
        Disk disk = disks.findOrBuild(key, this::build);
        made.forEach(index -> indexes.write(index.diffId(), index.encode()));
        return disk;
    }

    private Digest build(FileChannel file, Path temporaries) throws IOException, InterruptedException {
        ResolvedImage found = findAgain(source, image);
        Set<Digest> fetchedAgain = new HashSet<>();
        while (true) {
            file.truncate(0);
            try {
                return buildOnce(found.layers(), file, temporaries);
            } catch (DamagedLayerException e) {
                if (!fetchedAgain.add(e.layer().diffId()) || !source.discard(e.layer())) {
                    throw e;
                }
            } catch (DamagedDiskException e) {
                discard(e);
            }
        }
    }

    /** The image as it was resolved, with where its layers are. */
    public static ResolvedImage findAgain(ImageSource source, Image image) throws IOException, InterruptedException {
        ResolvedImage found = source.resolve(image.digest(), image.config().platform());
        if (!found.diffIds().equals(image.diffIds())) {
            throw new InvalidImageException("its layers are not those that it had when it was resolved");
        }
        return found;
    }

    private void discard(DamagedDiskException damaged) {
        distrusted.add(damaged.key());
        LOG.warn(
                "{}. It is thrown away, and image {} is converted without it", damaged.getMessage(), image.reference());
        try {
            damaged.discardDisk();
        } catch (IOException e) {
            LOG.warn("That disk can't be thrown away; do it yourself", e);
        }
    }

    private Digest buildOnce(List<LayerBlob> layers, FileChannel file, Path temporaries)
            throws IOException, InterruptedException {
        ReusedLayers reused = ReusedLayers.find(layers, indexes, disks, distrusted);
        try (LayerStack stack = new LayerStack(layers, source, reused, limits, temporaries)) {
            DiskBuilder.Built built = new DiskBuilder(stack, key).build(file);
            made = built.indexes().stream()
                    .filter(index -> isBetter(index, reused))
                    .toList();
            return built.digest();
        }
    }

    /** The newest index is the best one, unless that which the layer was taken from knows where more files are. */
    private static boolean isBetter(LayerIndex index, ReusedLayers reused) {
        Optional<LayerIndex> old = reused.index(index.diffId());
        return old.isEmpty() || index.absentContents() <= old.get().absentContents();
    }
}

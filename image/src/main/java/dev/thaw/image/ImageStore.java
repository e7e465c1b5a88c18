// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import dev.thaw.image.cache.DiskCache;
import dev.thaw.image.layer.Limits;
import dev.thaw.image.layout.ImageSource;
import dev.thaw.image.layout.ResolvedImage;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Finds images and makes disks of them.
 *
 * <pre>{@code
 * try (ImageStore store = ImageStore.open(cacheFolder)) {
 *     Image image = store.resolve(ImageReference.parse("oci:target/images/redis"));
 *     Disk disk = store.disk(image);
 * }
 * }</pre>
 *
 * <p>Disks are cached by what is in their layers. Thread-safe; several stores, also of several JVMs, may share a cache
 * folder. Nothing that other people wrote is trusted: manifests, configurations and layers are checked against their
 * digests and bounded.
 */
public final class ImageStore implements AutoCloseable {
    /** Part of each disk's key. Goes up when the same layers are to give other bytes, so that old disks are left. */
    private static final int DISK_FORMAT = 1;

    private final DiskCache cache;
    private final Limits limits;
    private volatile boolean closed;

    private ImageStore(DiskCache cache, Limits limits) {
        this.cache = cache;
        this.limits = limits;
    }

    /**
     * Opens a store whose cache is below that folder, which is made if it is not there.
     *
     * @throws ImageException if the folder can't be made
     */
    public static ImageStore open(Path cacheFolder) {
        return open(cacheFolder, Limits.DEFAULT);
    }

    static ImageStore open(Path cacheFolder, Limits limits) {
        try {
            return new ImageStore(DiskCache.open(cacheFolder), limits);
        } catch (IOException e) {
            throw new ImageException(
                    "can't make the image cache in " + cacheFolder.toAbsolutePath() + ": " + describe(e)
                            + ". Choose a folder that you may write to",
                    e);
        }
    }

    /** Finds the image that is meant, for {@link Platform#host}. See the other method. */
    public Image resolve(ImageReference reference) {
        return resolve(reference, Platform.host());
    }

    /**
     * Finds the image that is meant, reads its manifest and configuration, and checks both against their digests. Layers
     * are not read.
     *
     * @throws ImageException if there is no such image, or none for that platform, or something in it is wrong
     */
    public Image resolve(ImageReference reference, Platform platform) {
        checkOpen();
        try {
            ResolvedImage found = ImageSource.of(reference).resolve(platform);
            return new Image(reference, found.digest(), found.config(), found.diffIds());
        } catch (IOException e) {
            throw failed(reference, e);
        }
    }

    /**
     * The image's file system as a disk: found in the cache, or built from the image's layers.
     *
     * <p>Building reads each layer once, checking its digests on the way, and needs free space of the disk and of the
     * uncompressed layers in the cache folder. Several threads and JVMs that ask for the same disk wait for one to
     * build it. When this fails, nothing of it is left in the cache.
     *
     * @throws ImageException if a layer is missing or wrong, the image is not there any more, the disk is full, or the
     *     thread is interrupted (its interrupt flag is set then)
     */
    public Disk disk(Image image) {
        checkOpen();
        try {
            Digest key = diskKey(image.diffIds());
            return cache.findOrBuild(key, (file, temporaries) -> {
                ResolvedImage found = findAgain(image);
                try (DiskBuilder builder = new DiskBuilder(temporaries, limits)) {
                    return builder.build(found.layers(), key, file);
                }
            });
        } catch (IOException e) {
            throw failed(image.reference(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ImageException("image " + image.reference() + ": interrupted while waiting for its disk", e);
        }
    }

    /** The store keeps nothing open; after this its methods throw IllegalStateException. */
    @Override
    public void close() {
        closed = true;
    }

    private static ResolvedImage findAgain(Image image) throws IOException {
        Platform platform = new Platform(image.config().os(), image.config().architecture());
        ResolvedImage found = ImageSource.of(image.reference()).resolve(image.digest(), platform);
        if (!found.diffIds().equals(image.diffIds())) {
            throw new InvalidImageException("its layers are not those that it had when it was resolved");
        }
        return found;
    }

    /** The same layers in the same order are the same disk, whatever image they are of. */
    private static Digest diskKey(List<Digest> diffIds) {
        String canonical = diffIds.stream()
                .map(d -> d + "\n")
                .collect(Collectors.joining("", "thaw erofs disk " + DISK_FORMAT + "\n", ""));
        return Digest.sha256Of(canonical.getBytes(StandardCharsets.UTF_8));
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("this image store is closed");
        }
    }

    private static ImageException failed(ImageReference reference, IOException e) {
        return new ImageException("image " + reference + ": " + describe(e), e);
    }

    /** Messages of our own say everything; those of the runtime are often just a path. */
    private static String describe(IOException e) {
        return e instanceof InvalidImageException
                ? e.getMessage()
                : e.getClass().getSimpleName() + ": " + e.getMessage();
    }
}

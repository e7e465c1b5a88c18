// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import dev.thaw.image.cache.CacheException;
import dev.thaw.image.cache.DiskCache;
import dev.thaw.image.cache.LayerIndexes;
import dev.thaw.image.convert.Conversion;
import dev.thaw.image.http.RegistryException;
import dev.thaw.image.layer.Limits;
import dev.thaw.image.layout.DockerArchiveSource;
import dev.thaw.image.layout.OciLayoutSource;
import dev.thaw.image.manifest.ImageSource;
import dev.thaw.image.manifest.ResolvedImage;
import dev.thaw.image.registry.Registries;
import dev.thaw.image.registry.RegistryContext;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds images and makes disks of them.
 *
 * <pre>{@code
 * try (ImageStore store = ImageStore.open(cacheFolder)) {
 *     Image image = store.resolve(ImageReference.parse("redis:7"));
 *     Disk disk = store.disk(image);
 * }
 * }</pre>
 *
 * <p>Disks are cached by what is in their layers. Thread-safe; several stores, also of several JVMs, may share a cache
 * folder. Nothing that other people wrote is trusted: manifests, configurations and layers are checked against their
 * digests and bounded.
 */
public final class ImageStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ImageStore.class);
    private static final int MAX_TOLD = 10;

    private final DiskCache disks;
    private final LayerIndexes indexes;
    private final RegistrySettings settings;
    private final Registries registries;
    private final Limits limits;
    /** What has been logged of these is not logged again. */
    private final Set<ImageReference> toldSubstitutions = ConcurrentHashMap.newKeySet();

    private final Set<Digest> toldOddities = ConcurrentHashMap.newKeySet();

    private volatile boolean closed;

    private ImageStore(
            DiskCache disks, LayerIndexes indexes, RegistrySettings settings, Registries registries, Limits limits) {
        this.disks = disks;
        this.indexes = indexes;
        this.settings = settings;
        this.registries = registries;
        this.limits = limits;
    }

    /**
     * Opens a store whose cache is below that folder, which is made if it is not there. Pulls as Docker does, and logs
     * how pulls go.
     *
     * @throws ImageException if the folder can't be made
     */
    public static ImageStore open(Path cacheFolder) {
        return open(cacheFolder, RegistrySettings.defaults());
    }

    /** As the other one, with settings for registries. */
    public static ImageStore open(Path cacheFolder, RegistrySettings settings) {
        return open(cacheFolder, settings, new PullLog());
    }

    /**
     * As the other ones.
     *
     * @param listener is told how pulls go, instead of the log; by several threads
     */
    public static ImageStore open(Path cacheFolder, RegistrySettings settings, Consumer<PullEvent> listener) {
        return open(cacheFolder, settings, listener, Limits.DEFAULT, RegistryContext.ofProcess());
    }

    static ImageStore open(
            Path cacheFolder,
            RegistrySettings settings,
            Consumer<PullEvent> listener,
            Limits limits,
            RegistryContext context) {
        try {
            return new ImageStore(
                    DiskCache.open(cacheFolder),
                    LayerIndexes.in(cacheFolder),
                    settings,
                    Registries.open(settings, cacheFolder, listener, context),
                    limits);
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
     * are not read. What a registry's tag means is found out once; it keeps that meaning for as long as this is open.
     *
     * @throws ImageException if there is no such image, or none for that platform, or something in it is wrong, or the
     *     thread is interrupted (its interrupt flag is set then)
     */
    public Image resolve(ImageReference reference, Platform platform) {
        checkOpen();
        try {
            ResolvedImage found = source(reference).resolve(platform);
            tellOddities(reference, found);
            return new Image(reference, found.digest(), found.config(), found.diffIds());
        } catch (IOException e) {
            throw failed(reference, e);
        } catch (InterruptedException e) {
            throw interrupted(reference, e);
        }
    }

    /**
     * Brings what the image's disk is made of into the cache, if it comes from a registry: layers that are there already
     * stay. Nothing has to be pulled before {@link #disk}, which does it when it has to.
     *
     * @throws ImageException if a layer can't be pulled, or the thread is interrupted (its interrupt flag is set then)
     */
    public void pull(Image image) {
        checkOpen();
        try {
            ImageSource source = source(image.reference());
            source.fetch(Conversion.findAgain(source, image).layers());
        } catch (IOException e) {
            throw failed(image.reference(), e);
        } catch (InterruptedException e) {
            throw interrupted(image.reference(), e);
        }
    }

    /**
     * The image's file system as a disk: found in the cache, or built from the image's layers, which are pulled if they
     * are in a registry.
     *
     * <p>Building reads each layer once, checking its digests on the way, and needs free space of the disk and of the
     * uncompressed layers in the cache folder. Several threads and JVMs that ask for the same disk wait for one to
     * build it. When this fails, nothing of it is left in the cache but layers that are whole.
     *
     * @throws ImageException if a layer is missing or wrong, the image is not there any more, the disk is full, or the
     *     thread is interrupted (its interrupt flag is set then)
     */
    public Disk disk(Image image) {
        checkOpen();
        try {
            return new Conversion(image, source(image.reference()), disks, indexes, limits).disk();
        } catch (IOException e) {
            throw failed(image.reference(), e);
        } catch (InterruptedException e) {
            throw interrupted(image.reference(), e);
        }
    }

    private ImageSource source(ImageReference asked) {
        ImageReference reference =
                asked instanceof ImageReference.Registry registry ? settings.substituted(registry) : asked;
        if (!reference.equals(asked) && toldSubstitutions.add(asked)) {
            LOG.info("Image {} is taken from {}", asked, reference);
        }
        // Java 17 has no switch over sealed types; the last case is a cast, so that a new one fails at once.
        if (reference instanceof ImageReference.Registry registry) {
            return registries.source(registry);
        }
        if (reference instanceof ImageReference.OciLayout layout) {
            return OciLayoutSource.of(layout);
        }
        return reference instanceof ImageReference.OciArchive archive
                ? OciLayoutSource.of(archive)
                : new DockerArchiveSource((ImageReference.DockerArchive) reference);
    }

    private void tellOddities(ImageReference reference, ResolvedImage found) {
        List<String> odd = found.passedOver();
        if (!odd.isEmpty() && toldOddities.add(found.digest())) {
            String more = odd.size() > MAX_TOLD ? "; and " + (odd.size() - MAX_TOLD) + " more" : "";
            LOG.warn(
                    "Image {}: passed over in its configuration, as Docker does: {}{}",
                    reference,
                    odd.stream().limit(MAX_TOLD).collect(Collectors.joining("; ")),
                    more);
        }
    }

    /** Ends pulls that are under way; after this its methods throw IllegalStateException. */
    @Override
    public void close() {
        closed = true;
        registries.close();
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("this image store is closed");
        }
    }

    private static ImageException interrupted(ImageReference reference, InterruptedException e) {
        Thread.currentThread().interrupt();
        return new ImageException("image " + reference + ": interrupted while it was pulled or waited for", e);
    }

    private static ImageException failed(ImageReference reference, IOException e) {
        return new ImageException("image " + reference + ": " + describe(e), e);
    }

    /** Messages of our own say everything; those of the runtime are often just a path. */
    private static String describe(IOException e) {
        boolean ours =
                e instanceof InvalidImageException || e instanceof RegistryException || e instanceof CacheException;
        return ours ? e.getMessage() : e.getClass().getSimpleName() + ": " + e.getMessage();
    }
}

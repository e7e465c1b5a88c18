// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.convert;

import dev.thaw.image.cache.CacheException;
import dev.thaw.image.layer.DamagedLayerException;
import dev.thaw.image.layer.EntrySource;
import dev.thaw.image.layer.Flattener;
import dev.thaw.image.layer.LayerBlob;
import dev.thaw.image.layer.LayerOpener;
import dev.thaw.image.layer.LayerRecorder;
import dev.thaw.image.layer.Limits;
import dev.thaw.image.layer.MalformedIndexException;
import dev.thaw.image.manifest.ImageSource;
import dev.thaw.image.tar.TarReader;
import dev.thaw.image.tree.FileContent;
import dev.thaw.image.tree.Inode;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An image's layers, put on each other. Those that an earlier disk was made of are taken from there; the others are fetched
 * and unpacked. Holds all of them open until it is closed. Used once, by one thread.
 */
final class LayerStack implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LayerStack.class);

    private final List<LayerBlob> layers;
    private final ImageSource source;
    private final ReusedLayers reused;
    private final Limits limits;
    private final Path cacheFolder;
    private final LayerOpener opener;

    private List<LayerRecorder> recorders = List.of();

    /**
     * Does nothing yet.
     *
     * @param reused which layers need not be unpacked; this owns it
     * @param temporaries what names of temporary files begin with
     */
    LayerStack(List<LayerBlob> layers, ImageSource source, ReusedLayers reused, Limits limits, Path temporaries) {
        this.layers = layers;
        this.source = source;
        this.reused = reused;
        this.limits = limits;
        this.cacheFolder = temporaries.getParent();
        this.opener = new LayerOpener(temporaries, limits.unpackedBytes());
    }

    /** The tree. Each round does without an index more, so there is an end. */
    Inode flatten() throws IOException, InterruptedException {
        while (true) {
            Flattener flattener = new Flattener(limits);
            try {
                flattenInto(flattener);
            } catch (MalformedIndexException e) {
                continue; // the index is given up
            }
            if (!giveUpIncomplete(absentContents(flattener.root()))) {
                if (flattener.droppedXattrs() > 0) {
                    LOG.info(
                            "Left out {} extended attributes that Linux does not know or that overlayfs would obey",
                            flattener.droppedXattrs());
                }
                return flattener.root();
            }
        }
    }

    private void flattenInto(Flattener flattener) throws IOException, InterruptedException {
        List<LayerBlob> wanted = layers.stream()
                .filter(layer -> !opener.has(layer) && !reused.has(layer))
                .toList();
        source.fetch(wanted);
        opener.open(wanted);
        LayerRecorder.Room room = new LayerRecorder.Room();
        recorders = new ArrayList<>();
        for (LayerBlob layer : layers) {
            try {
                LayerRecorder recorder = new LayerRecorder(layer.diffId(), entries(layer), room);
                recorders.add(recorder);
                flattener.add(recorder);
            } catch (MalformedIndexException e) {
                LOG.debug("{} is unpacked again", layer.name(), e);
                reused.giveUp(layer);
                throw e;
            } catch (DamagedLayerException e) {
                throw new DamagedLayerException(layer.name() + ": " + e.getMessage(), e);
            } catch (InvalidImageException e) {
                throw new InvalidImageException(layer.name() + ": " + e.getMessage(), e);
            } catch (IOException e) {
                throw explained(layer.name() + " can't be read or unpacked", e);
            }
        }
    }

    private EntrySource entries(LayerBlob layer) throws IOException {
        return opener.has(layer) ? new TarReader(opener.archive(layer))::next : reused.entries(layer);
    }

    /** Contents that upper layers had hidden where the index was made, and do not here. */
    private static Set<FileContent> absentContents(Inode root) {
        Set<FileContent> absent = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Inode> folders = new ArrayDeque<>();
        folders.add(root);
        while (!folders.isEmpty()) {
            for (Inode child : folders.remove().children().values()) {
                if (child.isDirectory()) {
                    folders.add(child);
                } else if (child.content() != null && child.content().isAbsent()) {
                    absent.add(child.content());
                }
            }
        }
        return absent;
    }

    private boolean giveUpIncomplete(Set<FileContent> absent) {
        boolean any = false;
        for (int i = 0; i < layers.size(); i++) {
            if (recorders.get(i).hasAnyOf(absent)) {
                LOG.debug(
                        "{} is unpacked again: files of it are needed that its disk does not have",
                        layers.get(i).name());
                reused.giveUp(layers.get(i));
                any = true;
            }
        }
        return any;
    }

    /** What indexes are made of, for each layer, lowest first. */
    List<LayerRecorder> recorders() {
        return recorders;
    }

    /** Call this when contents are about to be read in the order of the tree. */
    void readInOrder() {
        reused.readInOrder();
    }

    /** Call this when all contents have been read: what was read is what was checked. */
    void checkUnchanged() throws IOException {
        opener.checkUnchanged();
        reused.check();
    }

    /** What the user reads of something that failed for no fault of the image. */
    IOException explained(String what, IOException e) {
        if (e instanceof InterruptedIOException || e instanceof ClosedByInterruptException) {
            return new InvalidImageException("interrupted while its disk was built", e);
        }
        return CacheException.of(what, cacheFolder, "the uncompressed layers and the disk", e);
    }

    @Override
    public void close() throws IOException {
        try (reused) {
            opener.close();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.cache;

import dev.thaw.image.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Indexes of layers, by the layers' diff ids. They save time and nothing depends on them, so nothing here fails: what can't
 * be read is not there, and what can't be written is left out. Thread-safe, and shared by all JVMs of a user.
 *
 * <pre>
 * layers/sha256-HEX.index   of the layer with the diff id sha256:HEX
 * layers/sha256-HEX.lock    locked by whoever writes it
 * layers/sha256-HEX.index.PID-START-UUID.tmp   being written, by the process of that number and start
 * </pre>
 */
public final class LayerIndexes {
    private static final Logger LOG = LoggerFactory.getLogger(LayerIndexes.class);

    /** How long to wait for somebody who writes an index of the same layer, which will do as well. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Path path;
    /** Once something has been written. Guarded by this. */
    private CacheFolder opened;

    private LayerIndexes(Path path) {
        this.path = path;
    }

    /** Those in that cache. */
    public static LayerIndexes in(Path cacheFolder) {
        return new LayerIndexes(cacheFolder.toAbsolutePath().resolve("layers"));
    }

    /** The bytes of an index, which may be damaged; empty if there is none, or none of at most so many bytes. */
    public Optional<byte[]> read(Digest diffId, int maxBytes) {
        Path file = path.resolve(nameOf(diffId));
        try {
            if (Files.size(file) > maxBytes) {
                LOG.debug("{} has {} bytes; at most {} are read", file, Files.size(file), maxBytes);
                return Optional.empty();
            }
            try (InputStream in = Files.newInputStream(file)) {
                return Optional.of(in.readNBytes(maxBytes));
            }
        } catch (NoSuchFileException e) {
            LOG.debug("No index of layer {}", diffId);
        } catch (IOException e) {
            LOG.debug("{} can't be read", file, e);
        }
        return Optional.empty();
    }

    /** Writes an index, in place of the one that is there. */
    public void write(Digest diffId, byte[] index) {
        try {
            CacheFolder folder = folder();
            Path lockFile = folder.file(diffId.algorithm() + "-" + diffId.hex() + ".lock");
            try (BuildLock lock =
                    BuildLock.acquire(lockFile, PATIENCE, "writing the index of " + diffId, () -> false)) {
                if (lock.isHeld()) {
                    folder.write(nameOf(diffId), index);
                }
            }
        } catch (IOException e) {
            LOG.info(
                    "Layer {} will have to be unpacked again, as its index can't be written: {}", diffId, e.toString());
        } catch (InterruptedException e) {
            LOG.debug("Interrupted before the index of layer {} was written", diffId, e);
            Thread.currentThread().interrupt();
        }
    }

    private synchronized CacheFolder folder() throws IOException {
        if (opened == null) {
            opened = CacheFolder.open(path);
        }
        return opened;
    }

    private static String nameOf(Digest diffId) {
        return diffId.algorithm() + "-" + diffId.hex() + ".index";
    }
}

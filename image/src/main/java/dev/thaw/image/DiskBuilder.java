// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import dev.thaw.image.cache.CacheException;
import dev.thaw.image.erofs.DiskOutput;
import dev.thaw.image.erofs.ErofsWriter;
import dev.thaw.image.layer.DamagedLayerException;
import dev.thaw.image.layer.Flattener;
import dev.thaw.image.layer.LayerBlob;
import dev.thaw.image.layer.LayerOpener;
import dev.thaw.image.layer.Limits;
import dev.thaw.image.layer.OpenLayer;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes one disk of layers. Used once, by one thread; holds the layers open until it is closed. */
final class DiskBuilder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DiskBuilder.class);

    private final Path temporaries;
    private final Limits limits;
    private LayerOpener opener;

    /**
     * @param temporaries what names of temporary files begin with, on the file system that the disk goes to
     */
    DiskBuilder(Path temporaries, Limits limits) {
        this.temporaries = temporaries;
        this.limits = limits;
    }

    /** Writes the disk to an empty file and returns its hash. The key becomes the file system's UUID. */
    byte[] build(List<LayerBlob> layers, Digest key, FileChannel file) throws IOException {
        opener = new LayerOpener(layers, temporaries, limits.unpackedBytes());
        List<OpenLayer> open = new ArrayList<>();
        Flattener flattener = new Flattener(limits);
        for (LayerBlob layer : layers) {
            open.add(addTo(flattener, layer));
        }
        if (flattener.droppedXattrs() > 0) {
            LOG.info(
                    "Left out {} extended attributes that Linux does not know or that overlayfs would obey",
                    flattener.droppedXattrs());
        }
        try {
            return write(new ErofsWriter(flattener.root(), uuid(key)), open, key, file);
        } catch (InvalidImageException | CacheException e) {
            throw e;
        } catch (IOException e) {
            throw explained("its files can't be read", e);
        }
    }

    private OpenLayer addTo(Flattener flattener, LayerBlob layer) throws IOException {
        try {
            OpenLayer opened = opener.next();
            flattener.add(opened.archive());
            return opened;
        } catch (DamagedLayerException e) {
            throw new DamagedLayerException(layer.name() + ": " + e.getMessage(), e);
        } catch (InvalidImageException e) {
            throw new InvalidImageException(layer.name() + ": " + e.getMessage(), e);
        } catch (IOException e) {
            throw explained(layer.name() + " can't be read or unpacked", e);
        }
    }

    private byte[] write(ErofsWriter writer, List<OpenLayer> layers, Digest key, FileChannel file) throws IOException {
        try (DiskOutput out = new DiskOutput(file, key.newMessageDigest())) {
            writer.writeTo(out);
            byte[] hash = out.finish();
            for (OpenLayer layer : layers) {
                layer.checkUnchanged();
            }
            return hash;
        } catch (InvalidImageException e) {
            throw e;
        } catch (IOException e) {
            throw explained("its disk of " + writer.sizeBytes() + " bytes can't be written", e);
        }
    }

    /** Most of what goes wrong here is a disk that is full. */
    private IOException explained(String what, IOException e) {
        if (e instanceof InterruptedIOException || e instanceof ClosedByInterruptException) {
            return new InvalidImageException("interrupted while its disk was built", e);
        }
        return CacheException.of(what, temporaries.getParent(), "the uncompressed layers and the disk", e);
    }

    private static UUID uuid(Digest key) {
        ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(key.hex()));
        long high = (bytes.getLong() & ~0xf000L) | 0x8000L; // RFC 9562, version 8: made from a hash
        long low = (bytes.getLong() & 0x3fff_ffff_ffff_ffffL) | 0x8000_0000_0000_0000L;
        return new UUID(high, low);
    }

    @Override
    public void close() throws IOException {
        if (opener != null) {
            opener.close();
        }
    }
}

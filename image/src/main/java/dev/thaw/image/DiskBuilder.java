// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import dev.thaw.image.cache.CacheException;
import dev.thaw.image.erofs.DiskOutput;
import dev.thaw.image.erofs.ErofsWriter;
import dev.thaw.image.layer.DamagedLayerException;
import dev.thaw.image.layer.Flattener;
import dev.thaw.image.layer.LayerBlob;
import dev.thaw.image.layer.Limits;
import dev.thaw.image.layer.OpenLayer;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.nio.ByteBuffer;
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
    private final List<OpenLayer> open = new ArrayList<>();

    /**
     * @param temporaries what names of temporary files begin with, on the file system that the disk goes to
     */
    DiskBuilder(Path temporaries, Limits limits) {
        this.temporaries = temporaries;
        this.limits = limits;
    }

    /** Writes the disk to an empty file and returns its hash. The key becomes the file system's UUID. */
    byte[] build(List<LayerBlob> layers, Digest key, FileChannel file) throws IOException {
        Flattener flattener = flatten(layers);
        ErofsWriter writer = new ErofsWriter(flattener.root(), uuid(key));
        DiskOutput out = new DiskOutput(file, key.newMessageDigest());
        try {
            writer.writeTo(out);
            for (OpenLayer layer : open) {
                layer.checkUnchanged();
            }
            return out.finish();
        } catch (InvalidImageException e) {
            throw e;
        } catch (IOException e) {
            throw noSpace("its disk of " + writer.sizeBytes() + " bytes can't be written", e);
        }
    }

    private Flattener flatten(List<LayerBlob> layers) throws IOException {
        Flattener flattener = new Flattener(limits);
        long left = limits.unpackedBytes();
        for (LayerBlob layer : layers) {
            try {
                Path unpacked =
                        temporaries.resolveSibling(temporaries.getFileName() + "-layer-" + (open.size() + 1) + ".tmp");
                OpenLayer opened = OpenLayer.open(layer, unpacked, left);
                open.add(opened);
                left -= opened.archive().length();
                flattener.add(opened.archive());
            } catch (DamagedLayerException e) {
                throw new DamagedLayerException(layer.name() + ": " + e.getMessage(), e);
            } catch (InvalidImageException e) {
                throw new InvalidImageException(layer.name() + ": " + e.getMessage(), e);
            } catch (IOException e) {
                throw noSpace(layer.name() + " can't be read or unpacked", e);
            }
        }
        if (flattener.droppedXattrs() > 0) {
            LOG.info(
                    "Left out {} extended attributes that Linux does not know or that overlayfs would obey",
                    flattener.droppedXattrs());
        }
        return flattener;
    }

    private CacheException noSpace(String what, IOException e) {
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
        IOException first = null;
        for (OpenLayer layer : open) {
            try {
                layer.close();
            } catch (IOException e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}

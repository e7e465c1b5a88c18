// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing;

import dev.thaw.image.Digest;
import dev.thaw.image.erofs.DiskOutput;
import dev.thaw.image.erofs.ErofsWriter;
import dev.thaw.image.layer.Flattener;
import dev.thaw.image.layer.IndexedDisk;
import dev.thaw.image.layer.LayerIndex;
import dev.thaw.image.layer.LayerRecorder;
import dev.thaw.image.layer.Limits;
import dev.thaw.image.tar.TarEntry;
import dev.thaw.image.tar.TarReader;
import dev.thaw.image.tree.ByteRegion;
import dev.thaw.image.tree.FileContent;
import dev.thaw.image.tree.Inode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Layers with their disk and their indexes. The files lose their names at once, and are closed with this. */
public final class IndexedLayers implements AutoCloseable {
    private final List<FileChannel> files = new ArrayList<>();
    private final List<List<TarEntry>> entries = new ArrayList<>();
    private final List<LayerIndex> indexes = new ArrayList<>();
    private final Inode root;
    private final ByteRegion disk;

    /** Makes the disk of these layers. */
    public IndexedLayers(byte[]... layers) throws IOException {
        Flattener flattener = new Flattener(Limits.DEFAULT);
        LayerRecorder.Room room = new LayerRecorder.Room();
        List<LayerRecorder> recorders = new ArrayList<>();
        for (byte[] layer : layers) {
            FileChannel file = open(Files.write(Files.createTempFile("thaw", ".tar"), layer));
            List<TarEntry> seen = new ArrayList<>();
            TarReader reader = new TarReader(ByteRegion.of(file));
            LayerRecorder recorder = new LayerRecorder(
                    Digest.sha256Of(layer),
                    () -> {
                        TarEntry entry = reader.next();
                        if (entry != null) {
                            seen.add(entry);
                        }
                        return entry;
                    },
                    room);
            flattener.add(recorder);
            entries.add(seen);
            recorders.add(recorder);
        }
        root = flattener.root();
        ErofsWriter writer = new ErofsWriter(root, new UUID(1, 2));
        FileChannel file = open(Files.createTempFile("thaw", ".erofs"));
        IndexedDisk written = new IndexedDisk(Digest.sha256Of(new byte[1]), write(writer, file), file.size(), 2);
        disk = ByteRegion.of(file);
        for (LayerRecorder recorder : recorders) {
            indexes.add(recorder.index(written, writer.contentPlaces()).orElseThrow());
        }
    }

    private static Digest write(ErofsWriter writer, FileChannel file) throws IOException {
        try (DiskOutput out = new DiskOutput(file, Digest.newSha256())) {
            writer.writeTo(out);
            return Digest.sha256(out.finish());
        }
    }

    private FileChannel open(Path file) throws IOException {
        FileChannel channel = FileChannel.open(
                file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
        files.add(channel);
        return channel;
    }

    /** What each layer's archive said. */
    public List<List<TarEntry>> entries() {
        return entries;
    }

    /** The index of each layer. */
    public List<LayerIndex> indexes() {
        return indexes;
    }

    /** All of the disk. */
    public ByteRegion disk() {
        return disk;
    }

    /** Whether the tree has that very content. */
    public boolean isInTree(FileContent content) {
        return FlatTree.of(root).values().stream().anyMatch(inode -> inode.content() == content);
    }

    @Override
    public void close() throws IOException {
        for (FileChannel file : files) {
            file.close();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing;

import dev.thaw.image.layer.Flattener;
import dev.thaw.image.layer.Limits;
import dev.thaw.image.tar.TarReader;
import dev.thaw.image.tree.ByteRegion;
import dev.thaw.image.tree.Inode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SortedMap;
import java.util.TreeMap;

/** What comes out of layers, as a map of all paths. */
public final class FlatTree {
    /** Enough for tests, and little enough to be reached by them. */
    public static final Limits SMALL = new Limits(20_000, 1 << 23, 1 << 24, 1 << 24);

    private FlatTree() {}

    /** Path, without a slash in front, to inode; {@code ""} is the root. Contents can't be read. */
    public static SortedMap<String, Inode> of(byte[]... layers) throws IOException {
        Flattener flattener = new Flattener(SMALL);
        for (byte[] layer : layers) {
            add(flattener, layer);
        }
        return of(flattener.root());
    }

    /** As {@link #of(byte[][])}, of a tree that is there. */
    public static SortedMap<String, Inode> of(Inode root) {
        SortedMap<String, Inode> tree = new TreeMap<>();
        tree.put("", root);
        list("", root, tree);
        return tree;
    }

    /** The paths, without the root. */
    public static SortedMap<String, Inode> below(byte[]... layers) throws IOException {
        SortedMap<String, Inode> tree = of(layers);
        tree.remove("");
        return tree;
    }

    private static void add(Flattener flattener, byte[] layer) throws IOException {
        Path file = Files.write(Files.createTempFile("layer", ".tar"), layer);
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.DELETE_ON_CLOSE)) {
            flattener.add(new TarReader(ByteRegion.of(channel))::next);
        }
    }

    private static void list(String path, Inode folder, SortedMap<String, Inode> tree) {
        folder.children().forEach((name, child) -> {
            tree.put(path + name, child);
            if (child.isDirectory()) {
                list(path + name + "/", child, tree);
            }
        });
    }
}

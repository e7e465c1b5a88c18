// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.erofs;

import dev.thaw.image.testing.erofs.ErofsEntry;
import dev.thaw.image.testing.erofs.ErofsListing;
import dev.thaw.image.testing.erofs.ErofsReader;
import dev.thaw.image.tree.Attributes;
import dev.thaw.image.tree.ByteRegion;
import dev.thaw.image.tree.FileContent;
import dev.thaw.image.tree.Inode;
import dev.thaw.image.tree.InodeType;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.IntUnaryOperator;

/**
 * Trees made by choices, which come from a seed or from a fuzzer, and what a disk of them has to say. Contents are parts
 * of one file of material, which repeats itself, so that files are often the same or nearly so.
 */
final class TestTree {
    private static final int MAX_ENTRIES = 60, MAX_DEPTH = 5;
    private static final String[] NAMES = {"a", "b", "-", ".x", "é", "n".repeat(255), "long-name-of-a-file"};
    private static final String[] ATTRIBUTES = {
        "user.a", "user.b", "trusted.c", "security.capability", "system.posix_acl_access"
    };
    private static final int[] SIZES = {0, 1, 100, 4032, 4033, 4064, 4065, 4095, 4096, 4097, 8128, 8192, 12_300, 70_000
    };

    /** A number from 0 to below the given one. */
    private final IntUnaryOperator choose;

    private final ByteRegion material;
    private final List<Inode> linkable = new ArrayList<>();
    private int left;

    private TestTree(IntUnaryOperator choose, ByteRegion material) {
        this.choose = choose;
        this.material = material;
        this.left = choose.applyAsInt(MAX_ENTRIES);
    }

    static Inode of(IntUnaryOperator choose, ByteRegion material) {
        TestTree tree = new TestTree(choose, material);
        Inode root = Inode.directory(tree.attributes());
        tree.fill(root, MAX_DEPTH);
        return root;
    }

    private void fill(Inode folder, int depth) {
        int children = 1 + choose.applyAsInt(12);
        while (children-- > 0 && left-- > 0) {
            String name = NAMES[choose.applyAsInt(NAMES.length)] + choose.applyAsInt(3);
            if (name.length() <= 255 && folder.child(name) == null) {
                Inode child = child(depth);
                folder.putChild(name, child);
                if (child.isDirectory()) {
                    fill(child, depth - 1);
                }
            }
        }
    }

    private Inode child(int depth) {
        Inode inode = switch (choose.applyAsInt(depth > 0 ? 10 : 7)) {
            case 0 -> Inode.symlink(attributes(), "t".repeat(1 + choose.applyAsInt(4095)));
            case 1 -> Inode.fifo(attributes());
            case 2 ->
                Inode.device(
                        choose.applyAsInt(2) == 0 ? InodeType.CHARACTER_DEVICE : InodeType.BLOCK_DEVICE,
                        attributes(),
                        choose.applyAsInt(0x1000),
                        choose.applyAsInt(0x100000));
            case 3 ->
                linkable.isEmpty()
                        ? Inode.regular(attributes(), FileContent.EMPTY)
                        : linkable.get(choose.applyAsInt(linkable.size()));
            case 4, 5, 6 -> Inode.regular(attributes(), content());
            default -> Inode.directory(attributes());
        };
        if (!inode.isDirectory()) {
            linkable.add(inode);
        }
        return inode;
    }

    private FileContent content() {
        int size = SIZES[choose.applyAsInt(SIZES.length)];
        long at = choose.applyAsInt((int) (material.length() - size) / 4096 + 1) * 4096L;
        if (choose.applyAsInt(5) > 0 || size < 3) {
            return FileContent.whole(material, Math.min(at, material.length() - size), size);
        }
        int piece = 1 + choose.applyAsInt(size - 1);
        return FileContent.sparse(material, size, new long[] {choose.applyAsInt(size - piece + 1), 0, piece});
    }

    private Attributes attributes() {
        boolean usual = choose.applyAsInt(3) > 0;
        SortedMap<String, byte[]> xattrs = new TreeMap<>();
        for (int i = choose.applyAsInt(8) - 4; i > 0; i--) {
            byte[] value = new byte[choose.applyAsInt(choose.applyAsInt(8) == 0 ? 0x10000 : 20)];
            xattrs.put(ATTRIBUTES[choose.applyAsInt(ATTRIBUTES.length)], value);
        }
        return new Attributes(
                choose.applyAsInt(010000),
                usual ? choose.applyAsInt(0x10000) : -1 - choose.applyAsInt(1000),
                usual ? 0 : choose.applyAsInt(Integer.MAX_VALUE),
                usual ? 1_700_000_000 : choose.applyAsInt(Integer.MAX_VALUE) * 8L - Integer.MAX_VALUE,
                usual ? 0 : choose.applyAsInt(1_000_000_000),
                xattrs);
    }

    /** Writes the tree to a new disk. */
    static void write(Inode root, Path disk) throws Exception {
        try (FileChannel file = FileChannel.open(disk, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                DiskOutput out = new DiskOutput(file, MessageDigest.getInstance("SHA-256"))) {
            new ErofsWriter(root, new UUID(1, 2)).writeTo(out);
            out.finish();
        }
    }

    /** The disk of the tree, as it is read; it has to say what the tree does. */
    static SortedMap<String, ErofsEntry> read(Path disk) throws IOException {
        return ErofsReader.list(disk);
    }

    /** What a disk of the tree has to say, in the words of {@link ErofsListing}. */
    static SortedMap<String, String> expected(Inode root) throws Exception {
        return new TreeListing(root).lines();
    }
}

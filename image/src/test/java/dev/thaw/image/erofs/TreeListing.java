// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.erofs;

import dev.thaw.image.testing.erofs.ErofsEntry;
import dev.thaw.image.tree.Attributes;
import dev.thaw.image.tree.FileContent;
import dev.thaw.image.tree.Inode;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** A tree in the words of {@link dev.thaw.image.testing.erofs.ErofsListing}: what a disk of it has to say. */
final class TreeListing {
    private final SortedMap<String, Inode> inodes = new TreeMap<>();
    private final Map<Inode, Integer> names = new HashMap<>();

    TreeListing(Inode root) {
        add(".", root);
    }

    private void add(String path, Inode inode) {
        inodes.put(path, inode);
        names.merge(inode, 1, Integer::sum);
        if (inode.isDirectory()) {
            inode.children().forEach((name, child) -> add(path + "/" + name, child));
        }
    }

    SortedMap<String, String> lines() throws Exception {
        Map<Inode, String> firstPaths = new HashMap<>();
        SortedMap<String, String> lines = new TreeMap<>();
        for (Map.Entry<String, Inode> entry : inodes.entrySet()) {
            String first = firstPaths.computeIfAbsent(entry.getValue(), inode -> entry.getKey());
            lines.put(entry.getKey(), entry(entry.getValue()).line(first));
        }
        return lines;
    }

    private ErofsEntry entry(Inode inode) throws Exception {
        Attributes a = inode.attributes();
        return new ErofsEntry(
                0,
                inode.type().modeBits() | a.permissions(),
                Integer.toUnsignedLong(a.uid()),
                Integer.toUnsignedLong(a.gid()),
                links(inode),
                size(inode),
                a.mtimeSeconds(),
                a.mtimeNanos(),
                content(inode),
                0,
                a.xattrs());
    }

    private static long size(Inode inode) {
        return switch (inode.type()) {
            case REGULAR -> inode.content().size();
            case SYMLINK -> inode.target().length();
            case DIRECTORY, CHARACTER_DEVICE, BLOCK_DEVICE, FIFO -> 0;
        };
    }

    private long links(Inode inode) {
        return inode.isDirectory()
                ? 2
                        + inode.children().values().stream()
                                .filter(Inode::isDirectory)
                                .count()
                : names.get(inode);
    }

    private static String content(Inode inode) throws Exception {
        return switch (inode.type()) {
            case REGULAR -> hash(inode.content());
            case SYMLINK -> inode.target();
            case CHARACTER_DEVICE, BLOCK_DEVICE -> inode.major() + "," + inode.minor();
            case DIRECTORY, FIFO -> "";
        };
    }

    private static String hash(FileContent content) throws Exception {
        byte[] bytes = new byte[Math.toIntExact(content.size())];
        content.read(0, bytes, 0, bytes.length);
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }
}

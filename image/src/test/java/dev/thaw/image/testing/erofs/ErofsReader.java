// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing.erofs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Queue;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Lists a disk: every path and all that stat, readlink, getxattr and read tell of it. Checks every offset and length,
 * the order of names, that "." and ".." lead where they should, that each folder has one name, and that links are
 * counted right. Work and memory are bounded by the limits that are given.
 */
public final class ErofsReader {
    private static final int CHUNK = 1 << 16, MAX_PATH = 1 << 16, MAX_NAME = 255, MAX_TARGET = 4095;

    private final DiskBytes disk;
    private final DiskHeader header;
    private final DiskXattrs xattrs;
    private final MessageDigest hash;
    private int entriesLeft;
    private long contentLeft;

    private final SortedMap<String, ErofsEntry> listing = new TreeMap<>();
    /** By inode number, each inode's first entry. */
    private final Map<Long, ErofsEntry> known = new HashMap<>();

    private final Map<Long, Long> names = new HashMap<>();
    private final Queue<Folder> folders = new ArrayDeque<>();

    private record Folder(String path, DiskInode inode, long parentNid) {}

    private ErofsReader(SeekableByteChannel channel, int maxEntries, long maxContentBytes) throws IOException {
        disk = new DiskBytes(channel);
        header = DiskHeader.read(disk);
        xattrs = new DiskXattrs(disk, header);
        entriesLeft = maxEntries;
        contentLeft = maxContentBytes;
        try {
            hash = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Lists a disk that may be large. */
    public static SortedMap<String, ErofsEntry> list(Path disk) throws IOException {
        try (SeekableByteChannel channel = Files.newByteChannel(disk)) {
            return list(channel, 2_000_000, 1L << 34);
        }
    }

    /**
     * Lists a disk: path, "/" being the root, to what is there. Paths are bytes, one char each.
     *
     * @throws MalformedErofsException if it is not a disk as described, or has more names or bytes of contents (shared
     *     ones counted each time) than given
     */
    public static SortedMap<String, ErofsEntry> list(SeekableByteChannel disk, int maxEntries, long maxContentBytes)
            throws IOException {
        return new ErofsReader(disk, maxEntries, maxContentBytes).listAll();
    }

    private SortedMap<String, ErofsEntry> listAll() throws IOException {
        enter("/", header.rootNid(), header.rootNid(), 2);
        for (Folder folder = folders.poll(); folder != null; folder = folders.poll()) {
            readFolder(folder);
        }
        for (ErofsEntry entry : known.values()) {
            long expected = names.get(entry.nid());
            require(entry.links() == expected, entry.nid(), entry.links() + " links, and " + expected + " names");
        }
        require(known.size() == header.inodeCount(), 0, known.size() + " inodes instead of " + header.inodeCount());
        return listing;
    }

    /** Takes in a name. A type of a directory entry, or 2 for the root. */
    private void enter(String path, long nid, long parentNid, int direntType) throws IOException {
        require(entriesLeft-- > 0, nid, "too many names");
        require(path.length() <= MAX_PATH, nid, "a path of " + path.length() + " bytes");
        ErofsEntry entry = known.get(nid);
        if (entry == null) {
            DiskInode inode = DiskInode.read(disk, header, nid);
            entry = entry(inode);
            known.put(nid, entry);
            if (inode.type() == DiskInode.FOLDER) {
                folders.add(new Folder(path, inode, parentNid));
                names.merge(parentNid, 1L, Long::sum); // its ".."
                names.merge(nid, 1L, Long::sum); // its "."
                if (nid == parentNid) {
                    names.merge(nid, -1L, Long::sum); // the root has no name, and its ".." is counted
                }
            }
        } else {
            require((entry.mode() & DiskInode.TYPE) != DiskInode.FOLDER, nid, "a folder with two names");
        }
        require(direntType == typeInFolder(entry), nid, "directory entry says type " + direntType);
        names.merge(nid, 1L, Long::sum);
        listing.put(path, entry);
    }

    private static int typeInFolder(ErofsEntry entry) {
        return switch (entry.mode() & DiskInode.TYPE) {
            case DiskInode.REGULAR -> 1;
            case DiskInode.FOLDER -> 2;
            case DiskInode.CHARACTERS -> 3;
            case DiskInode.BLOCKS -> 4;
            case DiskInode.FIFO -> 5;
            case DiskInode.SOCKET -> 6;
            case DiskInode.SYMLINK -> 7;
            default -> -1;
        };
    }

    private ErofsEntry entry(DiskInode inode) throws IOException {
        checkPlaces(inode);
        String content = switch (inode.type()) {
            case DiskInode.REGULAR -> hash(inode);
            case DiskInode.SYMLINK -> target(inode);
            case DiskInode.FOLDER -> "";
            default -> inode.isDevice() ? inode.major() + "," + inode.minor() : "";
        };
        long firstBlock = inode.inBlocks() > 0 ? inode.blocksAt() / DiskHeader.BLOCK : 0;
        return new ErofsEntry(
                inode.nid(),
                inode.mode(),
                inode.uid(),
                inode.gid(),
                inode.links(),
                inode.size(),
                inode.mtimeSeconds(),
                inode.mtimeNanos(),
                content,
                firstBlock,
                xattrs.of(inode));
    }

    /** All content lies on the disk, and an inlined part does not cross the end of a block. */
    private void checkPlaces(DiskInode inode) throws IOException {
        boolean hasContent = inode.type() == DiskInode.REGULAR
                || inode.type() == DiskInode.FOLDER
                || inode.type() == DiskInode.SYMLINK;
        if (!hasContent) {
            require(inode.size() == 0, inode.nid(), "a size of " + inode.size());
            return;
        }
        long tail = inode.size() - inode.inBlocks();
        if (inode.inBlocks() > 0) {
            disk.check(inode.blocksAt(), inode.inBlocks(), "content of inode " + inode.nid());
        }
        if (tail > 0) {
            disk.check(inode.tailAt(), tail, "tail of inode " + inode.nid());
            long inBlock = inode.tailAt() % DiskHeader.BLOCK;
            require(inBlock + tail <= DiskHeader.BLOCK, inode.nid(), "a tail that crosses a block");
        }
    }

    private String hash(DiskInode inode) throws IOException {
        require(inode.size() <= contentLeft, inode.nid(), "too much content");
        contentLeft -= inode.size();
        for (long at = 0; at < inode.size(); ) {
            ByteBuffer part = content(inode, at, CHUNK);
            at += part.remaining();
            hash.update(part);
        }
        return HexFormat.of().formatHex(hash.digest());
    }

    private String target(DiskInode inode) throws IOException {
        require(inode.size() >= 1 && inode.size() <= MAX_TARGET, inode.nid(), "a target of " + inode.size() + " bytes");
        ByteBuffer bytes = ByteBuffer.allocate((int) inode.size());
        while (bytes.hasRemaining()) {
            bytes.put(content(inode, bytes.position(), MAX_TARGET));
        }
        String target = new String(bytes.array(), StandardCharsets.ISO_8859_1);
        require(target.indexOf('\0') < 0, inode.nid(), "a NUL in its target");
        return target;
    }

    /** At least one byte of the content from there on, and at most so many. */
    private ByteBuffer content(DiskInode inode, long from, int most) throws IOException {
        boolean inBlocks = from < inode.inBlocks();
        long at = inBlocks ? inode.blocksAt() + from : inode.tailAt() + from - inode.inBlocks();
        long left = (inBlocks ? inode.inBlocks() : inode.size()) - from;
        return disk.read(at, (int) Math.min(left, most), "content of inode " + inode.nid());
    }

    private void readFolder(Folder folder) throws IOException {
        DiskInode inode = folder.inode;
        String previous = "";
        int dots = 0;
        for (long at = 0; at < inode.size(); at += DiskHeader.BLOCK) {
            FolderBlock block = new FolderBlock(content(inode, at, DiskHeader.BLOCK), inode.nid());
            for (int i = 0; i < block.count(); i++) {
                String name = block.name(i);
                require(previous.compareTo(name) < 0, inode.nid(), "names out of order");
                require(name.length() <= MAX_NAME, inode.nid(), "a name of " + name.length() + " bytes");
                require(name.indexOf('/') < 0 && name.indexOf('\0') < 0, inode.nid(), "a name with / or NUL");
                previous = name;
                if (name.equals(".") || name.equals("..")) {
                    dots++;
                    long expected = name.equals(".") ? inode.nid() : folder.parentNid;
                    require(block.nid(i) == expected && block.type(i) == 2, inode.nid(), "a wrong '" + name + "'");
                } else {
                    String path = folder.path.equals("/") ? "/" + name : folder.path + "/" + name;
                    enter(path, block.nid(i), inode.nid(), block.type(i));
                }
            }
        }
        require(dots == 2, inode.nid(), "'.' or '..' is missing");
    }

    static void require(boolean condition, long nid, String what) throws MalformedErofsException {
        if (!condition) {
            throw new MalformedErofsException("inode " + nid + ": " + what);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layout;

import dev.thaw.image.layer.Compression;
import dev.thaw.image.manifest.JsonObject;
import dev.thaw.image.tar.TarEntry;
import dev.thaw.image.tar.TarReader;
import dev.thaw.image.tree.ByteRegion;
import dev.thaw.image.tree.InvalidImageException;
import dev.thaw.image.tree.Shown;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/** A tar archive that images are in, and where its members are. Confined to one thread. */
final class ArchiveFile implements AutoCloseable {
    private static final int MAX_MEMBERS = 100_000;
    private static final long MAX_HEAP_BYTES = 64L << 20;
    private static final int MAX_LINKS = 8;

    private final Path path;
    private final FileChannel channel;
    private final Map<String, TarEntry> members;

    private ArchiveFile(Path path, FileChannel channel, Map<String, TarEntry> members) {
        this.path = path;
        this.channel = channel;
        this.members = members;
    }

    /** Opens the archive and reads all of its headers. */
    static ArchiveFile open(Path path) throws IOException {
        if (!Files.isRegularFile(path)) {
            String is = Files.exists(path) ? " is not a file" : " does not exist";
            throw new InvalidImageException(
                    "the archive " + path + is + ". Check the path; a relative one starts at the working folder");
        }
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        try {
            return new ArchiveFile(path, channel, members(path, ByteRegion.of(channel)));
        } catch (IOException | RuntimeException e) {
            try {
                channel.close();
            } catch (IOException onClose) {
                e.addSuppressed(onClose);
            }
            throw e;
        }
    }

    private static Map<String, TarEntry> members(Path path, ByteRegion archive) throws IOException {
        Compression compression = Compression.of(archive);
        if (compression != Compression.NONE) {
            throw new InvalidImageException("the archive " + path + " is compressed with " + compression.program()
                    + ". Unpack it first, for example with '" + compression.program() + " -d'");
        }
        TarReader reader = new TarReader(archive);
        Map<String, TarEntry> members = new HashMap<>();
        long heapBytes = 0;
        for (TarEntry entry = reader.next(); entry != null; entry = reader.next()) {
            heapBytes += entry.heapBytes();
            if (heapBytes > MAX_HEAP_BYTES) {
                throw new InvalidImageException("members of the archive " + path + " take more than " + MAX_HEAP_BYTES
                        + " bytes of memory. Is it an archive bomb?");
            }
            members.put(entry.name().replaceFirst("^(\\./)+", ""), entry);
            if (members.size() > MAX_MEMBERS) {
                throw new InvalidImageException("the archive " + path + " has more than " + MAX_MEMBERS + " members");
            }
        }
        return members;
    }

    Path path() {
        return path;
    }

    boolean has(String name) {
        return members.containsKey(name);
    }

    /** A member's bytes, of bounded length. */
    byte[] read(String name) throws IOException {
        ByteRegion region = region(name);
        if (region.length() > JsonObject.MAX_BYTES) {
            throw new InvalidImageException(Shown.of(name) + " in " + path + " has " + region.length()
                    + " bytes; at most " + JsonObject.MAX_BYTES + " are accepted");
        }
        byte[] bytes = new byte[(int) region.length()];
        region.read(0, bytes, 0, bytes.length);
        return bytes;
    }

    /**
     * Where a member's bytes are; old archives have links from a layer that repeats to its first place.
     *
     * @throws NoSuchFileException if the archive has no such member
     */
    ByteRegion region(String name) throws IOException {
        String at = name;
        for (int links = 0; links <= MAX_LINKS; links++) {
            TarEntry entry = members.get(at);
            if (entry == null) {
                throw new NoSuchFileException(Shown.of(name));
            }
            switch (entry.type()) {
                case SYMLINK -> at = besides(at, entry.linkName());
                case HARD_LINK -> at = entry.linkName();
                default -> {
                    return entry.content()
                            .asRegion()
                            .orElseThrow(() -> new InvalidImageException(
                                    "the member " + Shown.of(name) + " of " + path + " is empty or not a plain file"));
                }
            }
        }
        throw new InvalidImageException("the member " + Shown.of(name) + " of " + path + " is a link to itself");
    }

    /** What a relative symlink in the archive leads to. */
    private static String besides(String name, String target) {
        Deque<String> components = new ArrayDeque<>(Arrays.asList(name.split("/", -1)));
        components.pollLast();
        for (String component : target.split("/", -1)) {
            if (component.equals("..")) {
                components.pollLast();
            } else if (!component.isEmpty() && !component.equals(".")) {
                components.addLast(component);
            }
        }
        return String.join("/", components);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}

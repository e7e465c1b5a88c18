// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.testing;

import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A file system of its own, made in a sparse file and mounted; takes root, so tests with it have the tag "root". Close it.
 * Those of test JVMs that were killed are unmounted and deleted by the next one.
 */
public final class LoopFileSystem implements AutoCloseable {
    /** mkfs.xfs makes none below 300 MB. */
    private static final long DEFAULT_BYTES = 320L << 20;

    private static final Path PARENT = Path.of(System.getProperty("java.io.tmpdir"));
    private static final Pattern NAME = Pattern.compile("thaw-loop-(\\d{1,9})-(\\d{1,18})-.*");

    private final Path base;
    private final Path mount;

    private LoopFileSystem(Path base) {
        this.base = base;
        this.mount = base.resolve("mount");
    }

    /** With clones. */
    public static LoopFileSystem xfs() throws IOException {
        return make(DEFAULT_BYTES, "mkfs.xfs", "-q", "-m", "reflink=1");
    }

    public static LoopFileSystem xfsWithoutClones() throws IOException {
        return make(DEFAULT_BYTES, "mkfs.xfs", "-q", "-m", "reflink=0");
    }

    /** Of the given size instead of 320 MiB. */
    public static LoopFileSystem xfs(long bytes) throws IOException {
        return make(bytes, "mkfs.xfs", "-q", "-m", "reflink=1");
    }

    /** Large enough for the images of others. */
    public static LoopFileSystem outer() throws IOException {
        return xfs(4L << 30);
    }

    public static LoopFileSystem btrfs() throws IOException {
        return make(DEFAULT_BYTES, "mkfs.btrfs", "-q");
    }

    /** Without clones. */
    public static LoopFileSystem ext4() throws IOException {
        return make(DEFAULT_BYTES, "mkfs.ext4", "-q");
    }

    /** Of the given size, without clones, and without blocks that only root may use. */
    public static LoopFileSystem ext4(long bytes) throws IOException {
        return make(bytes, "mkfs.ext4", "-q", "-m", "0");
    }

    /**
     * One whose image lies in this one, to be cut off from its power: {@link #afterPowerCut}.
     *
     * @param kind ext4 or xfs
     */
    public LoopFileSystem inner(String kind) throws IOException {
        return kind.equals("xfs")
                ? make(mount, DEFAULT_BYTES, "mkfs.xfs", "-q", "-m", "reflink=1")
                : make(mount, DEFAULT_BYTES / 8, "mkfs." + kind, "-q");
    }

    /**
     * What would be left if the power went now: a clone of the image, with what the file system has written to its device and
     * nothing else, mounted. The image has to be in a file system that has clones, as these are taken in one moment.
     */
    public LoopFileSystem afterPowerCut() throws IOException {
        LoopFileSystem copy = new LoopFileSystem(newBase(base.getParent()));
        PrivateFiles.createFolder(copy.base);
        try {
            Tools.run("cp", "--reflink=always", image().toString(), copy.image().toString());
            PrivateFiles.createFolder(copy.mount);
            String options = type().equals("xfs") ? "loop,nouuid" : "loop";
            Tools.run("mount", "-o", options, copy.image().toString(), copy.mount.toString());
            return copy;
        } catch (IOException | RuntimeException | Error e) {
            try (copy) {
                throw e;
            }
        }
    }

    private String type() throws IOException {
        return Files.getFileStore(mount).type();
    }

    private Path image() {
        return base.resolve("image");
    }

    /** By the name of the kind, for parameterized tests. */
    public static LoopFileSystem of(String kind) throws IOException {
        return switch (kind) {
            case "xfs" -> xfs();
            case "btrfs" -> btrfs();
            case "ext4" -> ext4();
            default -> throw new IllegalArgumentException(kind);
        };
    }

    private static LoopFileSystem make(long bytes, String... mkfs) throws IOException {
        removeThoseOfTheDead();
        return make(PARENT, bytes, mkfs);
    }

    private static Path newBase(Path parent) {
        ProcessHandle self = ProcessHandle.current();
        return parent.resolve("thaw-loop-" + self.pid() + "-" + startMillis(self) + "-" + UUID.randomUUID());
    }

    private static LoopFileSystem make(Path parent, long bytes, String... mkfs) throws IOException {
        Path base = newBase(parent);
        PrivateFiles.createFolder(base);
        LoopFileSystem made = new LoopFileSystem(base);
        try {
            made.mount(bytes, mkfs);
            return made;
        } catch (IOException | RuntimeException | Error e) {
            try (made) {
                throw e;
            }
        }
    }

    private void mount(long bytes, String... mkfs) throws IOException {
        Path image = image();
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(bytes);
        }
        List<String> command = new ArrayList<>(List.of(mkfs));
        command.add(image.toString());
        Tools.run(command.toArray(String[]::new));
        PrivateFiles.createFolder(mount);
        Tools.run("mount", "-o", "loop", image.toString(), mount.toString());
        PrivateFiles.restrictFolder(mount);
    }

    public Path folder() {
        return mount;
    }

    /** What statfs calls free, after everything has been written, and what was deleted has been freed: XFS takes its time. */
    public long freeBytes() throws IOException {
        Tools.run("sh", "-c", "fsfreeze --freeze '" + mount + "' && fsfreeze --unfreeze '" + mount + "'");
        return Files.getFileStore(mount).getUnallocatedSpace();
    }

    private static void removeThoseOfTheDead() throws IOException {
        List<Path> entries;
        try (Stream<Path> all = Files.list(PARENT)) {
            entries = all.toList();
        }
        for (Path entry : entries) {
            Matcher name = NAME.matcher(entry.getFileName().toString());
            if (name.matches() && !lives(Long.parseLong(name.group(1)), Long.parseLong(name.group(2)))) {
                new LoopFileSystem(entry).close();
            }
        }
    }

    private static boolean lives(long pid, long startMillis) {
        Optional<ProcessHandle> process = ProcessHandle.of(pid);
        return process.isPresent()
                && Math.abs(startMillis(process.get()) - startMillis)
                        <= Duration.ofSeconds(2).toMillis();
    }

    private static long startMillis(ProcessHandle process) {
        return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    /** Lazily: files that are open still do not keep it. The kernel gives up the loop device with the last of them. */
    @Override
    public void close() throws IOException {
        if (isMounted()) {
            Tools.run("umount", "--lazy", mount.toString());
        }
        PrivateFiles.deleteTree(base);
    }

    private boolean isMounted() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/mounts")).stream()
                .anyMatch(line -> line.contains(" " + mount + " "));
    }
}

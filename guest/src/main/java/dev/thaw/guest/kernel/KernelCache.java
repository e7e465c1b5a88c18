// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.kernel;

import dev.thaw.guest.Architecture;
import dev.thaw.guest.GuestKernelException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kernels that were unpacked from packages: one folder each, with {@code vmlinuz}, {@code vmlinuz.sha256} and
 * {@code modules}. A folder appears complete or not at all. Thread-safe, also among processes.
 */
public final class KernelCache {
    private static final Logger LOG = LoggerFactory.getLogger(KernelCache.class);
    private static final Duration LOCK_LIMIT = Duration.ofMinutes(20);
    private static final String LOCK = "lock";
    private static final String TEMPORARY = ".tmp";
    private static final String PACKAGE_SUFFIX = ".deb";

    private final Path folder;
    private final Architecture architecture;

    /** @param folder made when first needed */
    public KernelCache(Path folder, Architecture architecture) {
        this.folder = folder;
        this.architecture = architecture;
    }

    /**
     * Debian's cloud kernel. The one that was downloaded first stays until its folder is deleted: snapshots belong to a
     * kernel, and a new one under them would mean baking everything again at some arbitrary moment.
     */
    public GuestKernel debian() {
        return wrap("Debian's cloud kernel", () -> unpacked("debian-cloud-" + architecture.id(), null));
    }

    /** A package, or an image with its modules beside it. */
    public GuestKernel use(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new GuestKernelException(
                    "The kernel " + file.toAbsolutePath() + " does not exist or is not a file.",
                    "Set thaw.kernel or THAW_KERNEL to a Debian package of a kernel or to a vmlinuz, or to nothing for "
                            + "Debian's cloud kernel.",
                    null);
        }
        boolean isPackage = file.getFileName().toString().endsWith(PACKAGE_SUFFIX);
        return wrap(
                "The kernel " + file.toAbsolutePath(),
                () -> isPackage ? unpacked("deb-" + Sha256.of(file), file) : KernelBesideModules.load(file));
    }

    private GuestKernel unpacked(String name, Path packageOrNull) throws IOException {
        Path home = folder.resolve(name);
        if (!Files.isDirectory(home)) {
            Files.createDirectories(folder);
            try (FolderLock lock = FolderLock.take(folder.resolve(LOCK), LOCK_LIMIT)) {
                assert lock != null;
                if (!Files.isDirectory(home)) {
                    fill(home, packageOrNull);
                }
            }
        }
        Path image = home.resolve(KernelPackage.IMAGE);
        ModuleFolder modules = ModuleFolder.scan(home.resolve(KernelPackage.MODULES));
        return new GuestKernel(image, KernelDigest.of(image), KernelImage.version(image), modules.needed());
    }

    private void fill(Path home, Path packageOrNull) throws IOException {
        sweep();
        Path work = Files.createTempDirectory(folder, home.getFileName() + TEMPORARY);
        try {
            Path source = packageOrNull;
            if (source == null) {
                LOG.info("Downloading Debian's cloud kernel for guests (once, about 27 MB) into {}", folder);
                source = new Apt(architecture, Files.createDirectory(work.resolve("download"))).download();
            }
            Path content = Files.createDirectory(work.resolve("content"));
            KernelPackage.unpack(source, content);
            prune(content.resolve(KernelPackage.MODULES));
            Path image = content.resolve(KernelPackage.IMAGE);
            KernelImage.version(image);
            KernelDigest.note(image, Sha256.of(image));
            publish(content, home);
        } finally {
            delete(work);
        }
    }

    /** What a killed process left. Nobody else is at work here, as the lock is held. */
    private void sweep() throws IOException {
        try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, "*" + TEMPORARY + "*")) {
            for (Path each : left) {
                delete(each);
            }
        }
    }

    /** Of a thousand modules a guest needs a dozen. */
    private static void prune(Path modules) throws IOException {
        Set<Path> needed = new HashSet<>();
        for (KernelModule module : ModuleFolder.scan(modules).needed()) {
            needed.add(module.file());
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(modules, "*.ko*")) {
            for (Path file : files) {
                if (!needed.contains(file)) {
                    Files.delete(file);
                }
            }
        }
    }

    private static void publish(Path content, Path home) throws IOException {
        try (Stream<Path> files = Files.walk(content)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Durable.sync(file);
            }
        }
        try {
            Files.move(content, home, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException("the file system of " + home.getParent() + " can't rename folders atomically", e);
        }
        Durable.sync(home.getParent());
    }

    private static void delete(Path folder) throws IOException {
        List<Path> deepestFirst;
        try (Stream<Path> files = Files.walk(folder)) {
            deepestFirst = files.sorted((a, b) -> b.compareTo(a)).toList();
        }
        for (Path file : deepestFirst) {
            Files.deleteIfExists(file);
        }
    }

    private interface Work {
        GuestKernel run() throws IOException;
    }

    private GuestKernel wrap(String what, Work work) {
        try {
            return work.run();
        } catch (UncheckedIOException e) {
            throw unusable(what, e.getCause()); // from a walk through folders
        } catch (IOException e) {
            throw unusable(what, e);
        }
    }

    private GuestKernelException unusable(String what, IOException e) {
        return new GuestKernelException(
                what + " can't be used: " + e.getMessage() + " (" + e.getClass().getSimpleName() + ").",
                "Make sure that " + folder + " is writable and has 200 MB to spare; or name another kernel with "
                        + "thaw.kernel or THAW_KERNEL (a Debian package, or a vmlinuz with its modules beside it); "
                        + "what was unpacked can be deleted at any time.",
                e);
    }
}

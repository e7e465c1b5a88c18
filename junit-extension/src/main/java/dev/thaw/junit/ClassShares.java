// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import dev.thaw.vm.Share;
import dev.thaw.vm.ShareSpec;
import dev.thaw.vm.Vm;
import dev.thaw.vm.VmSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;

/**
 * The folders that a test class shares with its VMs. Closing it, after the VMs, removes those that were made for it. Confined
 * to one thread.
 */
final class ClassShares implements AutoCloseable {
    private final Map<Place, ShareSpec> specs = new LinkedHashMap<>();
    private final List<Path> fresh = new ArrayList<>();
    private final List<Share> attached = new ArrayList<>();

    /** Where in which VM. */
    record Place(String vm, String mountPoint) {}

    /**
     * What a class asks for.
     *
     * @param where what messages call it
     * @param vm the name of the VM
     * @param fresh whether it wants a folder of its own instead of the spec's
     */
    record Wish(String where, String vm, ShareSpec spec, boolean fresh) {
        Place place() {
            return new Place(vm, spec.mountPoint());
        }

        private boolean agreesWith(Wish other) {
            return fresh == other.fresh && spec.equals(other.spec);
        }
    }

    /** Refuses wishes that contradict each other. */
    static void requireAgreement(List<Wish> wishes) {
        Map<Place, Wish> first = new LinkedHashMap<>();
        for (Wish wish : wishes) {
            Wish other = first.putIfAbsent(wish.place(), wish);
            if (other != null && !wish.agreesWith(other)) {
                throw new ExtensionConfigurationException(
                        wish.where + " and " + other.where + " share different folders at " + wish.spec.mountPoint()
                                + ". Give one of them another place, or both the same host and readOnly.");
            }
        }
    }

    /** Makes the fresh folders. */
    static ClassShares prepare(List<Wish> wishes) {
        ClassShares shares = new ClassShares();
        try {
            for (Wish wish : wishes) {
                if (!shares.specs.containsKey(wish.place())) {
                    shares.specs.put(wish.place(), wish.fresh ? shares.withFreshFolder(wish.spec) : wish.spec);
                }
            }
            return shares;
        } catch (RuntimeException | Error e) {
            Closing.after(e, shares::close);
            throw e;
        }
    }

    private ShareSpec withFreshFolder(ShareSpec wanted) {
        try {
            Path own = Files.createTempDirectory("thaw-share-");
            fresh.add(own);
            // Services that give up their privileges look into it as somebody else; other users of the host don't, by
            // the folder around it.
            Path folder = Files.createDirectory(own.resolve("folder"));
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            ShareSpec spec = ShareSpec.of(folder, wanted.mountPoint());
            return wanted.isReadOnly() ? spec.readOnly() : spec;
        } catch (IOException e) {
            throw new UncheckedIOException("Could not make a folder to share: " + e.getMessage(), e);
        }
    }

    /** The spec of one of the class's own VMs, with its folders. */
    VmSpec addTo(VmDeclaration vm) {
        ShareSpec[] own = specs.entrySet().stream()
                .filter(one -> one.getKey().vm.equals(vm.name()))
                .map(Map.Entry::getValue)
                .toArray(ShareSpec[]::new);
        return vm.spec().share(own);
    }

    /** Shares with a VM that runs already: one of a class around this one. */
    void attachTo(String name, Vm vm) {
        specs.forEach((place, spec) -> {
            if (place.vm.equals(name)) {
                attached.add(vm.share(spec));
            }
        });
    }

    /** The folder at a place, or null if this class has none there. */
    Path at(Place place) {
        ShareSpec spec = specs.get(place);
        return spec == null ? null : spec.folder();
    }

    @Override
    public void close() {
        Closing closing = new Closing();
        attached.forEach(share -> closing.run(share::close));
        fresh.forEach(folder -> closing.run(() -> remove(folder)));
        closing.end();
    }

    private static void remove(Path folder) {
        try {
            Files.walkFileTree(folder, new Removal());
        } catch (IOException e) {
            throw new UncheckedIOException("Could not remove the shared folder " + folder + ": " + e.getMessage(), e);
        }
    }

    private static final class Removal extends SimpleFileVisitor<Path> {
        private static final Set<PosixFilePermission> OWNER = PosixFilePermissions.fromString("rwx------");

        /** What the VM made may be closed to its owner here. */
        @Override
        public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
            if (!Files.isReadable(folder) || !Files.isWritable(folder) || !Files.isExecutable(folder)) {
                Files.setPosixFilePermissions(folder, OWNER);
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, IOException failure) throws IOException {
            if (failure != null) {
                throw failure;
            }
            Files.delete(folder);
            return FileVisitResult.CONTINUE;
        }
    }
}

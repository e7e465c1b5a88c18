// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.kernel;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * A Debian package of a kernel: an ar archive whose member {@code data.tar.*} holds {@code boot/vmlinuz-VERSION} and
 * {@code lib/modules/VERSION}. Source: deb(5).
 *
 * <p>A package is foreign: nothing of it is written under a name of its own choosing. The image becomes {@code vmlinuz},
 * a module a file of its base name in {@code modules}, whatever folders it claims to be in, and everything else is left.
 */
final class KernelPackage {
    static final String IMAGE = "vmlinuz";
    static final String MODULES = "modules";

    private static final Pattern IMAGE_ENTRY = Pattern.compile("boot/vmlinuz-([A-Za-z0-9.+~_-]+)");
    private static final Pattern MODULE_ENTRY =
            Pattern.compile("(?:usr/)?lib/modules/[^/]+/(?:[^/]+/)*([A-Za-z0-9_-]+\\.ko(?:\\.[a-z0-9]+)?)");
    private static final Pattern BUILT_IN_ENTRY = Pattern.compile("(?:usr/)?lib/modules/[^/]+/(modules\\.builtin)");
    private static final long IMAGE_SIZE_MAX = 256L << 20;
    private static final long TOTAL_SIZE_MAX = 1L << 30;
    private static final int ENTRIES_MAX = 100_000;
    private static final int XZ_MEMORY_KIB = 256 << 10;

    private final Path file;
    private final Path folder;
    private long written;
    private boolean foundImage;

    private KernelPackage(Path file, Path folder) {
        this.file = file;
        this.folder = folder;
    }

    /** Unpacks image and modules of the package into an empty folder. */
    static void unpack(Path file, Path folder) throws IOException {
        new KernelPackage(file, folder).unpack();
    }

    private void unpack() throws IOException {
        Files.createDirectories(folder.resolve(MODULES));
        try (InputStream raw = new BufferedInputStream(Files.newInputStream(file));
                ArArchiveInputStream members = new ArArchiveInputStream(raw)) {
            for (ArArchiveEntry member = members.getNextEntry(); member != null; member = members.getNextEntry()) {
                if (member.getName().startsWith("data.tar")) {
                    try (TarArchiveInputStream tar = new TarArchiveInputStream(plain(member.getName(), members))) {
                        unpack(tar);
                    }
                    return;
                }
            }
        }
        throw malformed("it has no member data.tar");
    }

    private InputStream plain(String member, InputStream in) throws IOException {
        return switch (member) {
            case "data.tar" -> in;
            case "data.tar.gz" -> new GZIPInputStream(in);
            case "data.tar.xz" -> new XZInputStream(in, XZ_MEMORY_KIB);
            default ->
                throw malformed("its member " + member
                        + " is compressed in a way that is not supported (data.tar, .gz and .xz are); "
                        + "unpack it with dpkg-deb -x and name the vmlinuz in there instead");
        };
    }

    private void unpack(TarArchiveInputStream tar) throws IOException {
        int entries = 0;
        for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
            if (++entries > ENTRIES_MAX) {
                throw malformed("it has more than " + ENTRIES_MAX + " entries");
            }
            if (entry.isFile()) {
                unpack(entry, tar);
            }
        }
        if (!foundImage) {
            throw malformed(
                    "it has no boot/vmlinuz-VERSION; it is not the package of a kernel, or only a meta package");
        }
    }

    private void unpack(TarArchiveEntry entry, InputStream content) throws IOException {
        String name = entry.getName().startsWith("./") ? entry.getName().substring(2) : entry.getName();
        Matcher module = MODULE_ENTRY.matcher(name);
        Matcher builtIn = BUILT_IN_ENTRY.matcher(name);
        if (IMAGE_ENTRY.matcher(name).matches()) {
            if (foundImage) {
                throw malformed("it has two kernel images, " + name + " is the second");
            }
            foundImage = true;
            write(entry, content, folder.resolve(IMAGE), IMAGE_SIZE_MAX);
        } else if (module.matches()) {
            write(entry, content, folder.resolve(MODULES).resolve(module.group(1)), KernelModule.SIZE_MAX);
        } else if (builtIn.matches()) {
            write(entry, content, folder.resolve(MODULES).resolve(builtIn.group(1)), KernelModule.SIZE_MAX);
        }
    }

    private void write(TarArchiveEntry entry, InputStream content, Path to, long limit) throws IOException {
        long size = entry.getSize();
        written += size;
        if (size < 0 || size > limit || written > TOTAL_SIZE_MAX) {
            throw malformed("its entry " + entry.getName() + " has " + size + " bytes, " + written
                    + " so far; the limits are " + limit + " and " + TOTAL_SIZE_MAX);
        }
        if (Files.exists(to)) {
            throw malformed("it has two files for " + to.getFileName() + ", " + entry.getName() + " is the second");
        }
        long copied = Files.copy(content, to);
        if (copied != size) {
            throw malformed("its entry " + entry.getName() + " ends after " + copied + " of " + size + " bytes");
        }
    }

    private IOException malformed(String what) {
        return new IOException("the package " + file + " can't be used: " + what);
    }
}

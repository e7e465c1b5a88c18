// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.kernel;

import dev.thaw.guest.GuestKernelException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * A module's file. The kernel takes {@code -} and {@code _} in names for the same; names here have {@code _}.
 *
 * @param name without folder and suffixes
 * @param file possibly compressed
 */
public record KernelModule(String name, Path file) {
    /** The largest module of a cloud kernel has 6 MB; one this big is not one. */
    static final int SIZE_MAX = 64 << 20;

    private static final int XZ_MEMORY_KIB = 128 << 10;

    /** The module that a file is by its name; empty if it is none. */
    static Optional<KernelModule> of(Path file) {
        return nameOf(file.getFileName().toString()).map(name -> new KernelModule(name, file));
    }

    /** The name of the module that a file of that name, without folder, would hold; empty if it is none. */
    static Optional<String> nameOf(String fileName) {
        int suffix = fileName.lastIndexOf(".ko");
        boolean named = suffix > 0 && fileName.substring(suffix).matches("\\.ko(\\.[a-z0-9]+)?");
        return named ? Optional.of(canonicalName(fileName.substring(0, suffix))) : Optional.empty();
    }

    static String canonicalName(String name) {
        return name.replace('-', '_');
    }

    /** What {@code finit_module} takes: the ELF file, decompressed if need be. */
    public byte[] bytes() throws IOException {
        return decompress(file.getFileName().toString(), Files.readAllBytes(file));
    }

    /** By the name's suffix. */
    static byte[] decompress(String fileName, byte[] packed) throws IOException {
        String suffix = fileName.substring(fileName.lastIndexOf('.'));
        return switch (suffix) {
            case ".ko" -> packed;
            case ".xz" -> readAll(fileName, new XZInputStream(new ByteArrayInputStream(packed), XZ_MEMORY_KIB));
            case ".gz" -> readAll(fileName, new GZIPInputStream(new ByteArrayInputStream(packed)));
            default ->
                throw new GuestKernelException(
                        "The kernel module " + fileName + " is compressed as " + suffix + ", which is not supported.",
                        "Choose a kernel whose modules are .ko, .ko.xz or .ko.gz, or decompress them.",
                        null);
        };
    }

    private static byte[] readAll(String fileName, InputStream in) throws IOException {
        try (in) {
            byte[] bytes = in.readNBytes(SIZE_MAX + 1);
            if (bytes.length > SIZE_MAX) {
                throw new IOException("the module " + fileName + " unpacks to more than " + SIZE_MAX + " bytes");
            }
            return bytes;
        }
    }
}

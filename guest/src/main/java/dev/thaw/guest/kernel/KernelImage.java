// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.kernel;

import dev.thaw.guest.GuestKernelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The setup header of an x86 bzImage. Source: Linux {@code Documentation/x86/boot.rst}, "The Real-Mode Kernel Header".
 */
final class KernelImage {
    private static final int HEADER_MAGIC_AT = 0x202;
    private static final int HEADER_MAGIC = 0x53726448; // "HdrS"
    private static final int VERSION_POINTER_AT = 0x20e;
    private static final int VERSION_BASE = 0x200;
    private static final int READ_SIZE = 32 << 10;

    private KernelImage() {}

    /** The version that the kernel itself will report, such as {@code 6.1.0-56-cloud-amd64}. */
    static String version(Path image) throws IOException {
        byte[] start;
        try (InputStream in = Files.newInputStream(image)) {
            start = in.readNBytes(READ_SIZE);
        }
        ByteBuffer header = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN);
        if (start.length < VERSION_POINTER_AT + 2 || header.getInt(HEADER_MAGIC_AT) != HEADER_MAGIC) {
            throw new GuestKernelException(
                    "The file " + image
                            + " is not an x86 kernel image (a bzImage): there is no \"HdrS\" at offset 0x202.",
                    "Name a vmlinuz file or a Debian package of a kernel.",
                    null);
        }
        int at = VERSION_BASE + Short.toUnsignedInt(header.getShort(VERSION_POINTER_AT));
        int end = at;
        while (end < start.length && start[end] > ' ') {
            end++;
        }
        String version = at < end ? new String(start, at, end - at, StandardCharsets.US_ASCII) : "";
        if (!version.matches("[0-9][A-Za-z0-9.+~_-]*")) {
            throw new GuestKernelException(
                    "The kernel image " + image + " has no version where its header points to, offset " + at + ".",
                    "Name another kernel image.",
                    null);
        }
        return version;
    }
}

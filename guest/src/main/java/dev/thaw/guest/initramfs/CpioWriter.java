// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.initramfs;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * A cpio archive in the format that the kernel unpacks. Source: Linux
 * {@code Documentation/driver-api/early-userspace/buffer-format.rst}, "newc". Times are 0 and owners root.
 */
final class CpioWriter {
    private static final String MAGIC = "070701";
    private static final String END = "TRAILER!!!";
    private static final int ALIGNMENT = 4;
    private static final int FOLDER = 0040755;
    private static final int FILE = 0100644;
    private static final int PROGRAM = 0100755;

    private final ByteArrayOutputStream archive = new ByteArrayOutputStream();
    private int entries;

    /** @param path without a slash at the front; its parents must be there */
    CpioWriter folder(String path) {
        return entry(path, FOLDER, new byte[0]);
    }

    CpioWriter file(String path, byte[] content) {
        return entry(path, FILE, content);
    }

    CpioWriter program(String path, byte[] content) {
        return entry(path, PROGRAM, content);
    }

    /** The whole archive; nothing may be added after this. */
    byte[] finish() {
        entry(END, 0, new byte[0]);
        return archive.toByteArray();
    }

    private CpioWriter entry(String path, int mode, byte[] content) {
        byte[] name = (path + "\0").getBytes(StandardCharsets.UTF_8);
        int[] fields = {
            ++entries, // inode
            mode,
            0, // uid
            0, // gid
            (mode & 0170000) == 0040000 ? 2 : 1, // links
            0, // time of modification
            content.length,
            0, // device, major and minor
            0,
            0, // device that a device node stands for
            0,
            name.length,
            0, // checksum, unused in newc
        };
        StringBuilder header = new StringBuilder(MAGIC);
        for (int field : fields) {
            header.append(String.format(Locale.ROOT, "%08x", field));
        }
        archive.writeBytes(header.toString().getBytes(StandardCharsets.US_ASCII));
        archive.writeBytes(name);
        pad();
        archive.writeBytes(content);
        pad();
        return this;
    }

    private void pad() {
        while (archive.size() % ALIGNMENT != 0) {
            archive.write(0);
        }
    }
}

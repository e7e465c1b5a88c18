// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest;

import dev.thaw.guest.kernel.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/**
 * Empty scratch disks: a sparse file that begins with a small ext4 file system, which the agent grows to the file's end. No
 * tool of the host's is needed for it. Immutable, thread-safe.
 *
 * <p>Every disk has the same UUID. That is of no consequence: a guest has one, and the host mounts none.
 */
public final class ScratchDisk {
    /** Less has no room for the file system itself and something in it. */
    public static final long MIN_BYTES = 16L << 20;

    /** What the template's block groups can describe. */
    public static final long MAX_BYTES = 1L << 40;

    private static final String RESOURCE = "/dev/thaw/guest/scratch.ext4.gz";
    private static final int MAX_TEMPLATE_BYTES = 16 << 20;
    private static final int BLOCK_BYTES = 4096;
    private static final byte[] ZEROS = new byte[BLOCK_BYTES];

    private final byte[] template;
    private final String sha256;

    private ScratchDisk(byte... template) {
        this.template = template;
        this.sha256 = Sha256.of(template);
    }

    /** Reads the template. */
    public static ScratchDisk load() {
        try (InputStream in = ScratchDisk.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException(
                        "The scratch disk's template is missing from the thaw-guest jar: no resource " + RESOURCE
                                + ". The jar was built without its agent; build it with Maven, which calls make.");
            }
            return new ScratchDisk(new GZIPInputStream(in).readNBytes(MAX_TEMPLATE_BYTES));
        } catch (IOException e) {
            throw new UncheckedIOException("The resource " + RESOURCE + " of the thaw-guest jar can't be read.", e);
        }
    }

    /** Of what every disk begins with, 64 lower-case hexadecimal digits. */
    public String sha256() {
        return sha256;
    }

    /**
     * Makes an empty disk: private (0600), sparse, not synced.
     *
     * @param file must not exist
     * @param bytes a multiple of 4096 from {@link #MIN_BYTES} to {@link #MAX_BYTES}
     */
    public void create(Path file, long bytes) throws IOException {
        if (bytes < MIN_BYTES || bytes > MAX_BYTES || bytes % BLOCK_BYTES != 0) {
            throw new IllegalArgumentException("no scratch disk has " + bytes + " bytes");
        }
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            out.setLength(bytes);
            for (int at = 0; at < template.length; at += BLOCK_BYTES) {
                int count = Math.min(BLOCK_BYTES, template.length - at);
                if (Arrays.mismatch(template, at, at + count, ZEROS, 0, count) >= 0) {
                    out.seek(at);
                    out.write(template, at, count);
                }
            }
        } catch (IOException e) {
            Files.deleteIfExists(file);
            throw e;
        }
    }
}

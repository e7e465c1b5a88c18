// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.LongConsumer;

/** SHA-256 of bytes and files. Stateless. */
public final class Sha256 {
    private static final int BUFFER_BYTES = 1 << 20;

    private Sha256() {}

    public static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has to have SHA-256", e);
        }
    }

    /** The hash as 64 hexadecimal digits. */
    public static String of(byte[] bytes) {
        return HexFormat.of().formatHex(newDigest().digest(bytes));
    }

    /** The hash of a file's content, as 64 hexadecimal digits. */
    public static String of(Path file) throws IOException {
        return of(file, position -> {});
    }

    /**
     * The same.
     *
     * @param progress is told up to which offset the file has been read
     */
    public static String of(Path file, LongConsumer progress) throws IOException {
        MessageDigest digest = newDigest();
        byte[] bytes = new byte[BUFFER_BYTES];
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            for (int count; (count = in.read(buffer.clear())) > 0; ) {
                buffer.flip().get(bytes, 0, count);
                digest.update(bytes, 0, count);
                progress.accept(in.position());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}

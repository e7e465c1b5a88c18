// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** Tar archives as bytes. */
public final class Tar {
    private Tar() {}

    public static byte[] of(Member... members) {
        return of(List.of(members));
    }

    public static byte[] of(List<Member> members) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        members.forEach(m -> m.writeTo(out));
        out.writeBytes(new byte[1024]);
        return out.toByteArray();
    }

    /** The archive with the checksum made right in every block that looks like a header, so that fuzzing gets past it. */
    public static byte[] withChecksums(byte[] archive) {
        byte[] fixed = archive.clone();
        for (int at = 0; at + 512 <= fixed.length; at += 512) {
            if (!new String(fixed, at + 257, 5, StandardCharsets.ISO_8859_1).equals("ustar")) {
                continue;
            }
            Arrays.fill(fixed, at + 148, at + 156, (byte) ' ');
            int sum = 0;
            for (int i = at; i < at + 512; i++) {
                sum += fixed[i] & 0xff;
            }
            byte[] text = String.format("%06o\0 ", sum).getBytes(StandardCharsets.ISO_8859_1);
            System.arraycopy(text, 0, fixed, at + 148, text.length);
        }
        return fixed;
    }

    /** Compressed, as so many gzip members. */
    public static byte[] gzip(byte[] bytes, int parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int done = 0;
        for (int i = 0; i < parts; i++) {
            int end = i == parts - 1 ? bytes.length : done + (bytes.length - done) / (parts - i);
            try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
                gzip.write(bytes, done, end - done);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            done = end;
        }
        return out.toByteArray();
    }
}

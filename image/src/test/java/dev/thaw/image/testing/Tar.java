// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
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

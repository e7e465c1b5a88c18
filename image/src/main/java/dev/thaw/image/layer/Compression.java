// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.thaw.image.tree.ByteRegion;
import dev.thaw.image.tree.InvalidImageException;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * How bytes are compressed: told by how they begin, as container engines do, not by what their media type says.
 *
 * <p>Sources: RFC 1952 (gzip), RFC 8878 (Zstandard frames, 3.1.1, and skippable frames, 3.1.2).
 */
public enum Compression {
    /** Not at all, or in a way that is not known. */
    NONE("") {
        @Override
        InputStream open(InputStream compressed) {
            return compressed;
        }
    },
    /** One member or several. */
    GZIP("gzip") {
        @Override
        InputStream open(InputStream compressed) throws IOException {
            return new GZIPInputStream(compressed, 1 << 16);
        }
    },
    /** One frame or several; skippable ones, which hold an index of some writers, are passed over. */
    ZSTD("zstd") {
        @Override
        InputStream open(InputStream compressed) throws IOException {
            return new ZstdInputStreamNoFinalizer(compressed).setLongMax(MAX_WINDOW_LOG);
        }
    };

    /** 128 MiB, which is what decoders have to accept at most; a frame that asks for more is refused. */
    private static final int MAX_WINDOW_LOG = 27;

    private static final int LONGEST_MAGIC = 6;
    private static final byte[] GZIP_MAGIC = {0x1f, (byte) 0x8b, 8};
    private static final byte[] ZSTD_MAGIC = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd};
    private static final byte[] SKIPPABLE_MAGIC_END = {0x2a, 0x4d, 0x18};
    private static final byte[] XZ_MAGIC = {(byte) 0xfd, '7', 'z', 'X', 'Z', 0};
    private static final byte[] BZIP2_MAGIC = {'B', 'Z', 'h'};

    private final String program;

    Compression(String program) {
        this.program = program;
    }

    /** What the format and its program are called; empty for none. */
    public String program() {
        return program;
    }

    abstract InputStream open(InputStream compressed) throws IOException;

    /**
     * Tells it from the first bytes.
     *
     * @throws InvalidImageException if it is one that images can't have
     */
    public static Compression of(ByteRegion region) throws IOException {
        byte[] start = new byte[(int) Math.min(LONGEST_MAGIC, region.length())];
        region.read(0, start, 0, start.length);
        if (begins(start, 0, GZIP_MAGIC)) {
            return GZIP;
        }
        boolean skippable = start.length > 0 && (start[0] & 0xf0) == 0x50 && begins(start, 1, SKIPPABLE_MAGIC_END);
        if (begins(start, 0, ZSTD_MAGIC) || skippable) {
            return ZSTD;
        }
        if (begins(start, 0, XZ_MAGIC) || begins(start, 0, BZIP2_MAGIC)) {
            throw new InvalidImageException("it is compressed with " + (start[0] == 'B' ? "bzip2" : "xz")
                    + ", which is not supported; gzip and zstd are");
        }
        return NONE;
    }

    /**
     * What these bytes are uncompressed.
     *
     * @param compressed stays open; its {@code available} must be right, as gzip's members are told apart by it
     * @return a stream whose reads throw MalformedDataException if the data is malformed or cut off
     */
    InputStream decompress(InputStream compressed) throws IOException {
        try {
            return new Checked(open(new Unclosed(compressed)));
        } catch (IOException e) {
            throw told(e);
        }
    }

    private static boolean begins(byte[] bytes, int at, byte[] magic) {
        int end = at + magic.length;
        return bytes.length >= end && Arrays.equals(bytes, at, end, magic, 0, magic.length);
    }

    /** Each decoder has its own way to say that the data is wrong. */
    private static IOException told(IOException e) {
        if (e instanceof EOFException) {
            return new MalformedDataException("it is cut off", e);
        }
        if (e instanceof ZipException || e instanceof ZstdIOException) {
            return new MalformedDataException(e.getMessage(), e);
        }
        return e;
    }

    private static final class Checked extends FilterInputStream {
        Checked(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int from, int count) throws IOException {
            try {
                return in.read(target, from, count);
            } catch (IOException e) {
                throw told(e);
            }
        }
    }

    /** Decoders must give back their memory when they are closed, and must not close what they read from. */
    private static final class Unclosed extends FilterInputStream {
        Unclosed(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] target, int from, int count) throws IOException {
            return in.read(target, from, count);
        }

        @Override
        public void close() {
            // whoever opened the stream closes it
        }
    }
}

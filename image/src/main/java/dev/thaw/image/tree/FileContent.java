// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.tree;

import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;

/**
 * Where a file's bytes lie: pieces of a region, with zeros between them. Immutable.
 */
public final class FileContent {
    /** The content of an empty file. */
    public static final FileContent EMPTY = new FileContent(null, 0, new long[0]);

    /** A piece is its offset in the file, its position in the source, and its length. */
    public static final int LONGS_PER_PIECE = 3;

    private final ByteRegion source;
    private final long size;
    /** For each piece, in ascending order: offset in the file, position in the source, length. */
    private final long[] pieces;

    private final boolean storedOnce;

    private FileContent(ByteRegion source, long size, long[] pieces, boolean storedOnce) {
        this.source = source;
        this.size = size;
        this.pieces = pieces;
        this.storedOnce = storedOnce;
    }

    private FileContent(ByteRegion source, long size, long[] pieces) {
        this(source, size, pieces, false);
    }

    /**
     * Where a content is that its source has only once.
     *
     * @param source which holds it
     * @param position of its first byte there
     */
    public record Place(ByteRegion source, long position) {}

    /** A file that lies in one piece. */
    public static FileContent whole(ByteRegion source, long position, long size) {
        return size == 0 ? EMPTY : new FileContent(source, size, new long[] {0, position, size});
    }

    /**
     * A sparse file.
     *
     * @param pieces triples of offset in the file, position in the source and length, ascending and not overlapping
     */
    public static FileContent sparse(ByteRegion source, long size, long[] pieces) {
        long end = 0;
        for (int i = 0; i < pieces.length; i += LONGS_PER_PIECE) {
            if (pieces[i] < end || pieces[i + 2] < 0 || pieces[i + 2] > size - pieces[i]) {
                throw new IllegalArgumentException("piece " + i / LONGS_PER_PIECE + " of a sparse file");
            }
            end = pieces[i] + pieces[i + 2];
        }
        return new FileContent(source, size, pieces.clone());
    }

    /**
     * As {@link #sparse}, of a source in which contents of the same length that are stored so are equal if, and only if,
     * they begin at the same position.
     */
    public static FileContent storedOnce(ByteRegion source, long size, long[] pieces) {
        FileContent content = sparse(source, size, pieces);
        return new FileContent(source, size, content.pieces, pieces.length > 0);
    }

    /** A file that is known by its size only; whoever reads it has made a mistake. */
    public static FileContent absent(long size) {
        return size == 0 ? EMPTY : new FileContent(null, size, null);
    }

    /** True if the bytes are nowhere. */
    public boolean isAbsent() {
        return pieces == null;
    }

    /** What tells this content from all others of the same length in its source, without reading them. */
    public Optional<Place> storedOnceAt() {
        return storedOnce ? Optional.of(new Place(source, pieces[1])) : Optional.empty();
    }

    /** The file's length in bytes, holes included. */
    public long size() {
        return size;
    }

    /** In how many pieces it lies; each is held in memory. */
    public int pieceCount() {
        return isAbsent() ? 0 : pieces.length / LONGS_PER_PIECE;
    }

    /** The region that holds just this file, if it lies in one piece and is not empty. */
    public Optional<ByteRegion> asRegion() {
        boolean onePiece = !isAbsent() && pieces.length == LONGS_PER_PIECE && pieces[2] == size;
        return onePiece ? Optional.of(source.slice(pieces[1], size)) : Optional.empty();
    }

    /** Fills target[from, from + count) with the file's bytes from the offset on; holes read as zeros. */
    public void read(long offset, byte[] target, int from, int count) throws IOException {
        if (isAbsent()) {
            throw new IllegalStateException("the content of " + size + " bytes is absent");
        }
        if (offset < 0 || count < 0 || offset > size - count) {
            throw new IndexOutOfBoundsException(count + " bytes at offset " + offset + " of " + size);
        }
        long end = offset + count;
        long done = offset;
        for (int i = firstPieceEndingAfter(offset); i < pieces.length && done < end; i += LONGS_PER_PIECE) {
            long start = Math.max(done, pieces[i]);
            long stop = Math.min(end, pieces[i] + pieces[i + 2]);
            if (start >= end) {
                break;
            }
            Arrays.fill(target, from + (int) (done - offset), from + (int) (start - offset), (byte) 0);
            source.read(
                    pieces[i + 1] + (start - pieces[i]), target, from + (int) (start - offset), (int) (stop - start));
            done = stop;
        }
        Arrays.fill(target, from + (int) (done - offset), from + count, (byte) 0);
    }

    /** Index into {@link #pieces} of the first piece that is not wholly before the offset; a binary search. */
    private int firstPieceEndingAfter(long offset) {
        int low = 0;
        int high = pieces.length / LONGS_PER_PIECE;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (pieces[middle * LONGS_PER_PIECE] + pieces[middle * LONGS_PER_PIECE + 2] <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low * LONGS_PER_PIECE;
    }
}

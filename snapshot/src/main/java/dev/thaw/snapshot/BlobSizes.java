// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.clone.ByteRange;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** What a set of blobs takes on disk, blocks that they share counted once. It begins empty. For one thread. */
final class BlobSizes {
    private final Map<Blob, Size> sizes;

    /** Places on the disk where a shared range begins or ends, in order; and how many of the set's have what follows. */
    private final long[] bounds;

    private final int[] holders;
    private long bytes;

    /**
     * Of one blob.
     *
     * @param ownBytes what no other file has
     * @param shared where on the disk that is which others may have, too
     */
    record Size(long ownBytes, List<ByteRange> shared) {
        Size {
            shared = List.copyOf(shared);
        }

        static Size own(long bytes) {
            return new Size(bytes, List.of());
        }
    }

    BlobSizes(Map<Blob, Size> sizes) {
        this.sizes = new HashMap<>(sizes);
        this.bounds = sizes.values().stream()
                .flatMap(size -> size.shared.stream())
                .flatMapToLong(range -> LongStream.of(range.offset(), range.end()))
                .sorted()
                .distinct()
                .toArray();
        this.holders = new int[bounds.length];
    }

    boolean isKnown(Blob blob) {
        return sizes.containsKey(blob);
    }

    /** Tells the size of a blob that was not known, and that shares nothing. */
    void tell(Blob blob, long ownBytes) {
        sizes.putIfAbsent(blob, Size.own(ownBytes));
    }

    /** Puts a blob that is not in the set into it; one whose size is not known takes nothing. */
    void add(Blob blob) {
        Size size = size(blob);
        bytes += size.ownBytes;
        for (ByteRange range : size.shared) {
            for (int i = indexOf(range.offset()); bounds[i] < range.end(); i++) {
                bytes += holders[i] == 0 ? bounds[i + 1] - bounds[i] : 0;
                holders[i]++;
            }
        }
    }

    /** Takes a blob that is in the set out of it. */
    void remove(Blob blob) {
        Size size = size(blob);
        bytes -= size.ownBytes;
        for (ByteRange range : size.shared) {
            for (int i = indexOf(range.offset()); bounds[i] < range.end(); i++) {
                holders[i]--;
                bytes -= holders[i] == 0 ? bounds[i + 1] - bounds[i] : 0;
            }
        }
    }

    private Size size(Blob blob) {
        return sizes.getOrDefault(blob, Size.own(0));
    }

    private int indexOf(long bound) {
        return Arrays.binarySearch(bounds, bound);
    }

    /** What those that are in it take. */
    long bytes() {
        return bytes;
    }
}

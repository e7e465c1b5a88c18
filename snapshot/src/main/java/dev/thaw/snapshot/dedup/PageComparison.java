// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.dedup;

import dev.thaw.snapshot.clone.ByteRange;
import dev.thaw.snapshot.disk.Pages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;

/**
 * Compares parts of the target with the canonical file, and gives what differs to a sink. For one thread.
 *
 * <p>Holes that both have cost nothing. Data is read into buffers that stay in the processor's cache and compared with
 * {@link ByteBuffer#mismatch}, which is vectorised. Not mapped: whoever cuts a mapped file kills its readers. docs/decisions/dedup-reads-files.md has numbers.
 */
final class PageComparison {
    /** Measured: from 128 KiB on the size makes no difference, and two of 256 KiB fit the second-level cache. */
    private static final int BUFFER_BYTES = 64 * Pages.BYTES;

    private enum Page {
        SAME,
        ZERO,
        DATA
    }

    private final ComparedFile target;
    private final ComparedFile canonical;
    private final PageSink sink;
    private final ByteBuffer targetBytes = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final ByteBuffer canonicalBytes = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final ByteBuffer zeros = ByteBuffer.allocateDirect(BUFFER_BYTES).asReadOnlyBuffer();

    private long compared;
    private long shared;
    private long written;
    private long punched;

    PageComparison(ComparedFile target, ComparedFile canonical, PageSink sink) {
        this.target = target;
        this.canonical = canonical;
        this.sink = sink;
    }

    PageCounts counts() {
        return new PageCounts(compared, shared, 0, written, punched);
    }

    /**
     * Compares a part of the files.
     *
     * @param from beginning of a page
     * @param end beginning of a page, or the files' length
     * @param goOn asked before each buffer; a no ends this early
     * @return whether all was compared
     */
    boolean compare(long from, long end, BooleanSupplier goOn) throws IOException {
        target.forget();
        canonical.forget();
        long at = from;
        while (at < end) {
            if (!goOn.getAsBoolean()) {
                return false;
            }
            target.lookFrom(at, end);
            canonical.lookFrom(at, end);
            long next = Math.min(target.nextChange(at), canonical.nextChange(at));
            if (target.hasDataAt(at)) {
                next = Math.min(next, at + BUFFER_BYTES);
                compareData(at, (int) (next - at));
            } else if (canonical.hasDataAt(at)) {
                if (sink.wantsCanonical()) {
                    next = Math.min(next, at + BUFFER_BYTES);
                    readCanonical(at, (int) (next - at));
                }
                punched += Pages.count(next - at);
                sink.punch(ByteRange.between(at, next));
            }
            at = next;
        }
        return true;
    }

    private void compareData(long offset, int length) throws IOException {
        target.read(offset, length, targetBytes);
        boolean both = canonical.hasDataAt(offset);
        ByteBuffer other = zeros.clear().limit(length);
        if (both) {
            readCanonical(offset, length);
            other = canonicalBytes;
        }
        long differing = handOver(offset, length, other);
        long pages = Pages.count(length);
        compared += pages;
        shared += both ? pages - differing : 0;
    }

    private void readCanonical(long offset, int length) throws IOException {
        canonical.read(offset, length, canonicalBytes);
        sink.canonical(offset, canonicalBytes);
    }

    /** Pages that differ go to the sink in runs as long as possible. Returns how many differ. */
    private long handOver(long offset, int length, ByteBuffer other) throws IOException {
        long differing = 0;
        int at = 0;
        while (at < length) {
            int mismatch = mismatch(other, at, length);
            if (mismatch < 0) {
                break;
            }
            int start = (int) Pages.floor(mismatch);
            Page kind = kindOf(other, start, length);
            int end = start + Pages.BYTES;
            while (end < length && kindOf(other, end, length) == kind) {
                end += Pages.BYTES;
            }
            end = Math.min(end, length);
            long pages = Pages.count(end - start);
            if (kind == Page.ZERO) {
                punched += pages;
                sink.punch(new ByteRange(offset + start, end - start));
            } else {
                written += pages;
                sink.discard(new ByteRange(offset + start, end - start));
                sink.write(offset + start, targetBytes.slice(start, end - start));
            }
            differing += pages;
            at = end;
        }
        return differing;
    }

    private Page kindOf(ByteBuffer other, int at, int length) {
        int end = Math.min(at + Pages.BYTES, length);
        if (mismatch(other, at, end) < 0) {
            return Page.SAME;
        }
        return mismatch(zeros.clear(), at, end) < 0 ? Page.ZERO : Page.DATA;
    }

    /** Index of the first byte in which the target differs; -1 if there is none. */
    private int mismatch(ByteBuffer other, int from, int to) {
        int found = targetBytes.slice(from, to - from).mismatch(other.slice(from, to - from));
        return found < 0 ? -1 : from + found;
    }
}

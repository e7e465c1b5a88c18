// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.dedup;

/**
 * Pages that were seen.
 *
 * @param shared data in both files, and the same
 * @param moved data that the canonical file has at another offset
 */
record PageCounts(long compared, long shared, long moved, long written, long punched) {
    static final PageCounts NONE = new PageCounts(0, 0, 0, 0, 0);

    PageCounts plus(PageCounts other) {
        return new PageCounts(
                compared + other.compared,
                shared + other.shared,
                moved + other.moved,
                written + other.written,
                punched + other.punched);
    }

    /** So many of those that were counted as written need not be. */
    PageCounts withMoved(long pages) {
        return new PageCounts(compared, shared, moved + pages, written - pages, punched);
    }
}

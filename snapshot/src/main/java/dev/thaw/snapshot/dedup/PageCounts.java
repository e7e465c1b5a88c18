// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.dedup;

/**
 * Pages that were seen.
 *
 * @param shared data in both files, and the same
 */
record PageCounts(long compared, long shared, long written, long punched) {
    static final PageCounts NONE = new PageCounts(0, 0, 0, 0);

    PageCounts plus(PageCounts other) {
        return new PageCounts(
                compared + other.compared, shared + other.shared, written + other.written, punched + other.punched);
    }
}

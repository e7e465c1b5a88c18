// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.dedup;

/** How a run ended that did not fail. */
public sealed interface DedupResult {
    /** The target shares blocks with the canonical file now. It is another inode, with the same bytes. */
    record Replaced(DedupStatistics statistics) implements DedupResult {}

    /** A dry run: this is what a run would do. Nothing was written. */
    record Planned(DedupStatistics statistics) implements DedupResult {}

    /** The target stays as it is: the file that would have replaced it would not have saved anything. */
    record NothingToGain(DedupStatistics statistics) implements DedupResult {}

    /** These two files are not for each other; {@code reason} names both and says why. Nothing was changed. */
    record Refused(String reason) implements DedupResult {}

    /** The file system does not share blocks; {@code description} names it and says why not. Nothing was changed. */
    record NoClones(String description) implements DedupResult {}
}

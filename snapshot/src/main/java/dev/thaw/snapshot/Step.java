// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

/** The steps that a crash can come after; tests are told of each, and end their process there, or the power. */
enum Step {
    /** Bakes, in this order. */
    DRAFT_CREATED,
    BAKED,
    MEMORY_SETTLED,
    /** Of bakes and checkpoints, as is the next one. */
    BLOBS_PUT,
    PUBLISHED,
    /** Checkpoints, before the blobs are put. */
    MEMORY_COPIED,
    CHECKPOINT_SETTLED,
    /** Dedup: the file is in its place, and not sealed. */
    DEDUPED,
    /** Sweeps: manifests have been read; of each snapshot, the manifest has gone and its blobs are there; then all is aside; then it is deleted. */
    LISTED,
    MANIFEST_ASIDE,
    ALL_ASIDE,
    SWEPT;

    /** Is told that a step is done. */
    interface Observer {
        void reached(Step step);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

/** The steps of a bake that a crash can come after; tests are told of each, and end their process there. */
enum Step {
    DRAFT_CREATED,
    BAKED,
    MEMORY_SETTLED,
    BLOBS_PUT,
    PUBLISHED;

    /** Is told that a step is done. */
    interface Observer {
        void reached(Step step);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.share;

import java.nio.ByteBuffer;
import java.util.Optional;

/** Where a share's replays come from. Thread-safe, and quick. */
interface ReplaySource {
    /** An errno for a guest that has gone: Linux's ENODATA, nobody watches there. */
    int NOBODY = 61;

    /** There never is one. */
    ReplaySource NONE = new ReplaySource() {
        @Override
        public Optional<ByteBuffer> begin() {
            return Optional.empty();
        }

        @Override
        public void ended(int errno) {}
    };

    /** Begins the next one, if there is one: what a REPLAY holds after its number. {@link #ended} follows before the next begins. */
    Optional<ByteBuffer> begin();

    /**
     * The guest has done what was begun, or could not.
     *
     * @param errno 0, or Linux's number
     */
    void ended(int errno);
}

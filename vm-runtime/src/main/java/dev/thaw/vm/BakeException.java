// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import java.util.Objects;

/** A snapshot could not be made. Nothing of the attempt is left behind. */
public final class BakeException extends VmException {
    private static final long serialVersionUID = 1L;

    /** How far a bake had come. */
    public enum Phase {
        /** Waiting for another bake of the same snapshot, or for room on the disk. */
        PREPARE,
        /** The machine starts; ends when the agent in it answers. */
        BOOT,
        /** The image's entrypoint is started. */
        START,
        /** The wait strategies have not all been satisfied yet. */
        WAIT,
        /** The service is ready and finishes what its start still has to do. */
        SETTLE,
        /** Processes are stopped and caches dropped. */
        QUIESCE,
        /** Memory and devices are written. */
        FREEZE,
        /** The snapshot is hashed and put into the store. */
        STORE
    }

    private final Phase phase;

    public BakeException(Phase phase, String message, Throwable cause) {
        super(message, cause);
        this.phase = Objects.requireNonNull(phase);
    }

    /** The phase that failed. */
    public Phase phase() {
        return phase;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.time.Duration;

/**
 * What a sweep keeps to.
 *
 * @param maxBytes how much all snapshots may take together, without holes; what is shared counts once
 * @param maxAge how long ago one may have been used last
 */
public record SweepLimits(long maxBytes, Duration maxAge) {
    /** Only what nothing refers to goes. */
    public static final SweepLimits NONE = new SweepLimits(Long.MAX_VALUE, Duration.ofSeconds(Long.MAX_VALUE));

    /**
     * Checks them.
     *
     * @throws IllegalArgumentException if one is negative
     */
    public SweepLimits {
        if (maxBytes < 0 || maxAge.isNegative()) {
            throw new IllegalArgumentException("limits of a sweep are not negative: " + maxBytes + " bytes, " + maxAge);
        }
    }
}

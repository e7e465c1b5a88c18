// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import java.time.Duration;
import java.util.Objects;

/**
 * How a VM came to be.
 *
 * @param baked whether this start had to bake first, because the store had no snapshot of the spec
 * @param bake how long the snapshot's bake took, whenever that was
 * @param coldBoot the part of the bake from the start of the machine until the service was ready
 * @param restore from the call until the service was ready, without the bake
 */
public record StartReport(boolean baked, Duration bake, Duration coldBoot, Duration restore) {
    public StartReport {
        Objects.requireNonNull(bake);
        Objects.requireNonNull(coldBoot);
        Objects.requireNonNull(restore);
    }
}

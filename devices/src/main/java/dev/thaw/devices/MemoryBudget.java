// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices;

import java.util.concurrent.atomic.AtomicLong;

/** An amount of memory that many take from. Thread-safe. */
public final class MemoryBudget {
    private final long bytes;
    private final AtomicLong taken = new AtomicLong();

    /** @param bytes how much there is; 0 or more */
    public MemoryBudget(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("budget of " + bytes + " bytes");
        }
        this.bytes = bytes;
    }

    /** Takes all of it or nothing, and says which. */
    public boolean tryTake(long amount) {
        long before = taken.getAndUpdate(now -> amount <= bytes - now ? now + amount : now);
        return amount <= bytes - before;
    }

    /** Gives back what was taken. */
    public void give(long amount) {
        taken.addAndGet(-amount);
    }

    /** How much is taken now. */
    public long taken() {
        return taken.get();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.guest;

import dev.thaw.vm.channel.ProtocolException;
import dev.thaw.vm.channel.WireReader;
import java.time.Duration;
import java.time.Instant;

/**
 * How the guest is doing. Source: docs/guest-channel.md, STATS.
 *
 * @param rootTotalBytes how large the writable layer is
 * @param rootInodes how many files the writable layer can have; 0 if it has no such limit, as in memory
 * @param killedForMemory how many processes the guest's kernel has ended since its boot, because memory ran out
 * @param uptime by the monotonic clock, which stands still while the guest is frozen
 * @param idle what all CPUs together have idled since boot, to 10 ms
 * @param clock the wall clock
 */
public record GuestStats(
        long memoryTotalBytes,
        long memoryAvailableBytes,
        long rootTotalBytes,
        long rootFreeBytes,
        long rootInodes,
        long rootFreeInodes,
        long killedForMemory,
        Duration uptime,
        Duration idle,
        Instant clock) {

    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    /** The end of the year 9999: far enough for a clock, and near enough to reckon with. */
    private static final long MAX_CLOCK_SECONDS = 253_402_300_799L;

    static GuestStats read(WireReader in) throws ProtocolException {
        long memoryTotal = notNegative(in.i64());
        long memoryAvailable = notNegative(in.i64());
        long rootTotal = notNegative(in.i64());
        long rootFree = atMost(rootTotal, notNegative(in.i64()));
        long inodes = notNegative(in.i64());
        long freeInodes = atMost(inodes, notNegative(in.i64()));
        long killed = notNegative(in.i64());
        Duration uptime = Duration.ofNanos(notNegative(in.i64()));
        Duration idle = Duration.ofNanos(notNegative(in.i64()));
        long seconds = in.i64();
        long nanos = in.u32();
        if (nanos >= NANOS_PER_SECOND || seconds < 0 || seconds > MAX_CLOCK_SECONDS) {
            throw new ProtocolException("The guest's clock says " + seconds + " s and " + nanos + " ns.");
        }
        return new GuestStats(
                memoryTotal,
                memoryAvailable,
                rootTotal,
                rootFree,
                inodes,
                freeInodes,
                killed,
                uptime,
                idle,
                Instant.ofEpochSecond(seconds, nanos));
    }

    private static long atMost(long total, long free) throws ProtocolException {
        if (free > total) {
            throw new ProtocolException("The guest's statistics say that " + free + " of " + total + " are free.");
        }
        return free;
    }

    private static long notNegative(long value) throws ProtocolException {
        if (value < 0) {
            throw new ProtocolException("The guest's statistics say " + Long.toUnsignedString(value)
                    + ", which nothing in them can come to.");
        }
        return value;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.guest;

import dev.thaw.vm.channel.ProtocolException;
import dev.thaw.vm.channel.WireReader;
import java.time.Duration;
import java.time.Instant;

/**
 * How the guest is doing. Source: docs/guest-channel.md, STATS.
 *
 * @param uptime by the monotonic clock, which stands still while the guest is frozen
 * @param idle what all CPUs together have idled since boot, to 10 ms
 * @param clock the wall clock
 */
public record GuestStats(
        long memoryTotalBytes,
        long memoryAvailableBytes,
        long rootTotalBytes,
        long rootFreeBytes,
        Duration uptime,
        Duration idle,
        Instant clock) {

    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    static GuestStats read(WireReader in) throws ProtocolException {
        long memoryTotal = in.i64();
        long memoryAvailable = in.i64();
        long rootTotal = in.i64();
        long rootFree = in.i64();
        Duration uptime = Duration.ofNanos(in.i64());
        Duration idle = Duration.ofNanos(in.i64());
        long seconds = in.i64();
        long nanos = in.u32();
        if (nanos >= NANOS_PER_SECOND || Math.abs(seconds) > Instant.MAX.getEpochSecond()) {
            throw new ProtocolException("The guest's clock says " + seconds + " s and " + nanos + " ns.");
        }
        return new GuestStats(
                memoryTotal, memoryAvailable, rootTotal, rootFree, uptime, idle, Instant.ofEpochSecond(seconds, nanos));
    }
}

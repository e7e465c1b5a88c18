// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import java.time.Duration;

/**
 * How a share is served.
 *
 * @param maxIoBytes the largest read or write, in whole pages of 4 KiB, 4 KiB to 1 MiB
 * @param lifetime how long a guest may cache names and attributes of what is watched
 * @param unwatchedLifetime the same of what is not
 * @param maxInFlight requests that may be waiting for the host's disks before the transport is asked to stop reading
 * @param maxWaitingLocks requests that may be waiting for a lock; more are refused with ENOLCK
 * @param writebackCache let the guest's kernel collect writes. It then ignores what the host says of sizes and times
 * @param direct past the guest's cache for all files
 * @param watching whether the guest is told of changes; if not, its kernel looks at times and sizes before it gives data from its cache
 */
public record FuseOptions(
        int maxIoBytes,
        Duration lifetime,
        Duration unwatchedLifetime,
        int maxInFlight,
        int maxWaitingLocks,
        boolean writebackCache,
        boolean direct,
        boolean watching) {
    static final int PAGE = 4096;
    static final int MAX_IO_BYTES = 1 << 20;

    /** @throws IllegalArgumentException for what is out of range */
    public FuseOptions {
        check(maxIoBytes >= PAGE && maxIoBytes <= MAX_IO_BYTES && maxIoBytes % PAGE == 0, "maxIoBytes", maxIoBytes);
        check(!lifetime.isNegative(), "lifetime", lifetime);
        check(!unwatchedLifetime.isNegative(), "unwatchedLifetime", unwatchedLifetime);
        check(maxInFlight > 0, "maxInFlight", maxInFlight);
        check(maxWaitingLocks > 0, "maxWaitingLocks", maxWaitingLocks);
    }

    private static void check(boolean right, String what, Object value) {
        if (!right) {
            throw new IllegalArgumentException(what + " of " + value + " is out of range");
        }
    }

    /** An hour of caching, none for what isn't watched, messages of 1 MiB, 64 requests in flight. */
    public static FuseOptions defaults() {
        return new FuseOptions(MAX_IO_BYTES, Duration.ofHours(1), Duration.ZERO, 64, 1024, false, false, true);
    }

    /** The same with another largest read or write. */
    public FuseOptions withMaxIoBytes(int bytes) {
        return new FuseOptions(
                bytes, lifetime, unwatchedLifetime, maxInFlight, maxWaitingLocks, writebackCache, direct, watching);
    }

    /** The same with another lifetime of what is watched. */
    public FuseOptions withLifetime(Duration other) {
        return new FuseOptions(
                maxIoBytes, other, unwatchedLifetime, maxInFlight, maxWaitingLocks, writebackCache, direct, watching);
    }

    /** The same with other limits of what waits. */
    public FuseOptions withLimits(int inFlight, int waitingLocks) {
        return new FuseOptions(
                maxIoBytes, lifetime, unwatchedLifetime, inFlight, waitingLocks, writebackCache, direct, watching);
    }

    /** The same with another way of caching data. */
    public FuseOptions withCaching(boolean writeback, boolean pastCache) {
        return new FuseOptions(
                maxIoBytes, lifetime, unwatchedLifetime, maxInFlight, maxWaitingLocks, writeback, pastCache, watching);
    }

    /** The same where nobody sees what the host changes: nothing is cached for longer than what isn't watched. */
    public FuseOptions withoutWatching() {
        return new FuseOptions(
                maxIoBytes,
                unwatchedLifetime,
                unwatchedLifetime,
                maxInFlight,
                maxWaitingLocks,
                writebackCache,
                direct,
                false);
    }
}

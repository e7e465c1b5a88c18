// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

/**
 * A snapshot of what a server has done, for diagnostics.
 *
 * @param requests that came, those without an answer included
 * @param failures that were answered with an errno; a lookup that finds nothing is none
 * @param malformed that were no FUSE
 * @param inFlight that wait for the host's disks now
 * @param waitingLocks that wait for a lock now
 */
public record FuseCounters(long requests, long failures, long malformed, int inFlight, int waitingLocks) {}

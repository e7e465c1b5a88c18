// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.replay;

/**
 * What became of replays, for diagnostics.
 *
 * @param done the guest's watchers have been told
 * @param unwatched nobody watched
 * @param failed the guest could not do them
 * @param dropped too many were waiting
 */
public record ReplayCounters(long done, long unwatched, long failed, long dropped) {}

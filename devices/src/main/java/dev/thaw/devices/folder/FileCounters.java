// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

/**
 * A snapshot of what a share holds and has done, for diagnostics.
 *
 * @param readAheadBytes what lies read and not yet asked for
 * @param readAheadHits reads that were served from it
 * @param staleRetries resolutions that were tried again, as the host's file had changed meanwhile
 * @param hostChanges what was told to {@link HostChanges}
 */
public record FileCounters(
        long nodes,
        long handles,
        long bytesRead,
        long bytesWritten,
        long readAheadBytes,
        long readAheadHits,
        long readAheadMisses,
        long refreshes,
        long staleRetries,
        long hostChanges,
        long overflows) {}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

/**
 * A lock on a range that somebody has.
 *
 * @param end the last byte, {@link Long#MAX_VALUE} for the file's end whatever comes
 */
public record HostLock(boolean exclusive, long start, long end) {}

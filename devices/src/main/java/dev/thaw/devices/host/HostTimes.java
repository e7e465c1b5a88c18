// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

/** Times to set; nanoseconds may be {@link #NOW} or {@link #OMIT}. */
public record HostTimes(long accessedSeconds, int accessedNanos, long modifiedSeconds, int modifiedNanos) {
    /** The host's present time. */
    public static final int NOW = -1;
    /** As it is. */
    public static final int OMIT = -2;
}

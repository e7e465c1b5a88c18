// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.HostStat;

/** What changes when a file's data change. */
record Stamp(long inode, long size, long modifiedSeconds, int modifiedNanos, long changedSeconds, int changedNanos) {
    static Stamp of(HostStat stat) {
        return new Stamp(
                stat.inode(),
                stat.size(),
                stat.modifiedSeconds(),
                stat.modifiedNanos(),
                stat.changedSeconds(),
                stat.changedNanos());
    }
}

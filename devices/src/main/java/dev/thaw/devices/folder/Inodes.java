// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Inode numbers for the guest, for which a share is one file system: those of the host, and where another file system is mounted inside
 * of the folder, with its number in the order of being seen folded in. Thread-safe.
 */
final class Inodes {
    private static final int DEVICE_SHIFT = 48;

    private final long rootDevice;
    private final ConcurrentHashMap<Long, Long> others = new ConcurrentHashMap<>();
    private final AtomicLong next = new AtomicLong(1);

    Inodes(long rootDevice) {
        this.rootDevice = rootDevice;
    }

    long of(long device, long inode) {
        if (device == rootDevice) {
            return inode;
        }
        return inode ^ others.computeIfAbsent(device, seen -> next.getAndIncrement()) << DEVICE_SHIFT;
    }
}

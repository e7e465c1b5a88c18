// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.HostStat;

/**
 * What tells one file of the host from all others, also from those that get its inode number when it is gone: that is what the
 * kind and the time of birth are for.
 */
record Identity(long device, long inode, int kind, long birthSeconds, int birthNanos) {
    static Identity of(HostStat stat) {
        return new Identity(stat.device(), stat.inode(), stat.kind(), stat.birthSeconds(), stat.birthNanos());
    }

    boolean is(HostStat stat) {
        return inode == stat.inode()
                && device == stat.device()
                && kind == stat.kind()
                && birthNanos == stat.birthNanos()
                && birthSeconds == stat.birthSeconds();
    }

    boolean isFolder() {
        return kind == FileKind.FOLDER.bits();
    }

    boolean isFile() {
        return kind == FileKind.FILE.bits();
    }

    boolean isSymlink() {
        return kind == FileKind.SYMLINK.bits();
    }

    @Override
    public int hashCode() {
        return Long.hashCode(inode * 0x9e3779b97f4a7c15L + device);
    }
}

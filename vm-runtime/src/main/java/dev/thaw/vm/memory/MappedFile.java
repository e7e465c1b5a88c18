// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * How the kernel names a file in a process's maps. By device and inode as a rule. By its path where that tells another
 * device than stat does (Btrfs, overlays), and where the file has been replaced by its like since it was mapped.
 */
record MappedFile(Path path, String device, long inode) {
    private static final String DELETED = " (deleted)";

    static MappedFile of(Path file) throws IOException {
        Map<String, Object> status = Files.readAttributes(file, "unix:dev,ino");
        long device = (Long) status.get("dev");
        return new MappedFile(
                file.toRealPath(), ProcessMaps.device(major(device), minor(device)), (Long) status.get("ino"));
    }

    /** Source: glibc, sys/sysmacros.h. */
    private static int major(long device) {
        return (int) ((device >>> 8 & 0xfff) | (device >>> 32 & ~0xfffL));
    }

    private static int minor(long device) {
        return (int) ((device & 0xff) | (device >>> 12 & ~0xffL));
    }

    boolean isMappedBy(Mapping mapping) {
        return mapping.inode() != 0
                && ((mapping.inode() == inode && mapping.device().equals(device))
                        || mapping.path().equals(path.toString())
                        || mapping.path().equals(path + DELETED));
    }
}

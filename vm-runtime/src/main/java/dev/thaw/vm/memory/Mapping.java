// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.memory;

/**
 * One line of /proc/PID/maps: a range of a process's addresses with what is mapped there. Source: Linux, proc_pid_maps(5).
 *
 * @param start first address; negative for those of the kernel's half
 * @param end the address behind the last one
 * @param fileOffset of what lies at start
 * @param device of the file, as {@code major:minor} in hexadecimal digits
 * @param inode of the file, 0 if there is none
 * @param path as the kernel names it, or empty
 */
record Mapping(long start, long end, boolean isPrivate, long fileOffset, String device, long inode, String path) {
    long length() {
        return end - start;
    }

    long fileEnd() {
        return fileOffset + length();
    }

    @Override
    public String toString() {
        return Long.toHexString(start) + "-" + Long.toHexString(end) + (isPrivate ? " private" : " shared")
                + " from offset " + fileOffset;
    }
}

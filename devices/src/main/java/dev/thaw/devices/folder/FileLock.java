// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

/**
 * A lock on a range of a file.
 *
 * @param owner who has it, as the guest tells owners apart
 * @param end the last byte, {@link Long#MAX_VALUE} for the file's end whatever comes
 * @param pid of a conflicting lock's owner; 0 if it is not one of this guest's
 */
public record FileLock(Kind kind, Type type, long owner, long start, long end, int pid) {
    /** POSIX's belong to a process and a file, BSD's to an open file. */
    public enum Kind {
        POSIX,
        BSD
    }

    /** What is locked against what. */
    public enum Type {
        READ,
        WRITE,
        UNLOCK
    }
}

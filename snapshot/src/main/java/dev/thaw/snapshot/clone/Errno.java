// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.clone;

/**
 * Error numbers of the calls in this package. Sources: Linux, asm-generic/errno-base.h and errno.h; macOS, sys/errno.h.
 *
 * <p>The words for a full disk are the C library's, as the store recognises a full disk by them.
 */
enum Errno {
    EPERM(1, 1, "not permitted"),
    ENOENT(2, 2, "no such file"),
    EINTR(4, 4, "interrupted by a signal"),
    EIO(5, 5, "the device failed"),
    ENXIO(6, 6, "nothing from there to the end of the file"),
    EBADF(9, 9, "not open, or not for writing"),
    EAGAIN(11, 35, "not possible now"),
    ENOMEM(12, 12, "out of memory"),
    EACCES(13, 13, "permission denied"),
    EBUSY(16, 16, "in use"),
    EEXIST(17, 17, "exists already"),
    EXDEV(18, 18, "the files are on different file systems"),
    ENOTDIR(20, 20, "not a folder"),
    EISDIR(21, 21, "a folder"),
    EINVAL(22, 22, "not valid for these files"),
    ENFILE(23, 23, "too many open files in the system"),
    EMFILE(24, 24, "too many open files"),
    ENOTTY(25, 25, "the file system does not know this call"),
    ETXTBSY(26, 26, "in use as a program or for swapping"),
    EFBIG(27, 27, "too large"),
    ENOSPC(28, 28, "No space left on device"),
    EROFS(30, 30, "the file system is read-only"),
    ENAMETOOLONG(36, 63, "name too long"),
    ENOSYS(38, 78, "the kernel does not know this call"),
    ELOOP(40, 62, "a link, which is not followed"),
    EOPNOTSUPP(95, 102, "the file system can't do this"),
    // Linux has one number for both.
    ENOTSUP(-1, 45, "the file system can't do this"),
    EDQUOT(122, 69, "Disk quota exceeded");

    private final int linux;
    private final int mac;
    private final String meaning;

    Errno(int linux, int mac, String meaning) {
        this.linux = linux;
        this.mac = mac;
        this.meaning = meaning;
    }

    /** Null if it is not one of these. */
    static Errno of(int number, boolean macOs) {
        for (Errno errno : values()) {
            if (number == (macOs ? errno.mac : errno.linux)) {
                return errno;
            }
        }
        return null;
    }

    String meaning() {
        return meaning;
    }
}

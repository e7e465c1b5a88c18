// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

/** Error numbers of file systems. Sources: Linux, asm-generic/errno-base.h and errno.h; macOS, sys/errno.h. */
public enum Errno {
    EPERM(1, 1),
    ENOENT(2, 2),
    EINTR(4, 4),
    EIO(5, 5),
    ENXIO(6, 6),
    E2BIG(7, 7),
    EBADF(9, 9),
    EAGAIN(11, 35),
    ENOMEM(12, 12),
    EACCES(13, 13),
    EFAULT(14, 14),
    EBUSY(16, 16),
    EEXIST(17, 17),
    EXDEV(18, 18),
    ENODEV(19, 19),
    ENOTDIR(20, 20),
    EISDIR(21, 21),
    EINVAL(22, 22),
    ENFILE(23, 23),
    EMFILE(24, 24),
    ENOTTY(25, 25),
    ETXTBSY(26, 26),
    EFBIG(27, 27),
    ENOSPC(28, 28),
    ESPIPE(29, 29),
    EROFS(30, 30),
    EMLINK(31, 31),
    ERANGE(34, 34),
    EDEADLK(35, 11),
    ENAMETOOLONG(36, 63),
    ENOLCK(37, 77),
    ENOSYS(38, 78),
    ENOTEMPTY(39, 66),
    ELOOP(40, 62),
    ENODATA(61, 93),
    EPROTO(71, 100),
    EOVERFLOW(75, 84),
    EOPNOTSUPP(95, 102),
    ESTALE(116, 70),
    EDQUOT(122, 69);

    private static final int MAC_ENOTSUP = 45;
    /** Once: {@code values()} copies. */
    private static final Errno[] ALL = values();

    private final int linux;
    private final int mac;

    Errno(int linux, int mac) {
        this.linux = linux;
        this.mac = mac;
    }

    /** Linux's number on all architectures that Thaw knows, which is what guests are told. */
    public int linux() {
        return linux;
    }

    /** Whether it tells of a fault, here or of the host, and not of what is and isn't there. */
    boolean isFault() {
        return this == EIO || this == EFAULT || this == EBADF || this == EINTR || this == ENOSYS;
    }

    /** What a number of the host's means; EIO if it is none of these. */
    static Errno of(int number, boolean macOs) {
        if (macOs && number == MAC_ENOTSUP) {
            return EOPNOTSUPP; // Linux has one number for both
        }
        for (Errno errno : ALL) {
            if (number == (macOs ? errno.mac : errno.linux)) {
                return errno;
            }
        }
        return EIO;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

import com.sun.jna.Native;

/** The one place that looks at the errno. Its methods come right after a call that has failed. */
final class Checked {
    private final boolean macOs;

    Checked(boolean macOs) {
        this.macOs = macOs;
    }

    /**
     * Whether to try again, as a signal interrupted it; throws for all other reasons. So a call reads: {@code do { result = call
     * } while (result < 0 && checked.again("call", name))}.
     */
    boolean again(String call, Object subject) throws ErrnoException {
        Errno errno = reason();
        if (errno == Errno.EINTR) {
            return true;
        }
        throw new ErrnoException(errno, call, subject);
    }

    Errno reason() {
        return Errno.of(Native.getLastError(), macOs);
    }
}

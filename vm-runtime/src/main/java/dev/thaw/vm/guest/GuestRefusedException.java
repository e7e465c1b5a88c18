// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.guest;

import java.io.IOException;

/** The agent answered a request with an error. */
public final class GuestRefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    GuestRefusedException(int errno, String message) {
        super(message + " (errno " + errno + ")");
        this.errno = errno;
    }

    /** Linux's number of the error. */
    public int errno() {
        return errno;
    }
}

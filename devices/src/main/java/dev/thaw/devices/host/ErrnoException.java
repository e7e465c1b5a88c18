// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

import java.io.IOException;
import java.io.Serial;

/** A request can't be done, with the reason that a guest is told. The message names the call and what it was about. */
public final class ErrnoException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final Errno errno;

    /**
     * @param call what was tried: {@code openat2}
     * @param subject what it was tried with, already printable: names come from guests
     */
    public ErrnoException(Errno errno, String call, String subject) {
        super(call + " " + subject + ": " + errno + " (" + errno.linux() + ")");
        this.errno = errno;
    }

    public Errno errno() {
        return errno;
    }
}

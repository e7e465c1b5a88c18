// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

import java.io.IOException;
import java.io.Serial;

/**
 * A request can't be done, with the reason that a guest is told. The message names the call and what it was about.
 *
 * <p>Most of these are answers, "there is no such file", asked for thousands of times a second: they have no stack, and
 * their message is made when somebody reads it. What points to a fault has its stack.
 */
public final class ErrnoException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final Errno errno;
    private final String call;
    private final transient Object subject;

    /**
     * @param call what was tried: {@code openat2}
     * @param subject what it was tried with: a name's bytes, or something whose text is printable, as names come from
     *     guests. Not changed afterwards
     */
    public ErrnoException(Errno errno, String call, Object subject) {
        this.errno = errno;
        this.call = call;
        this.subject = subject;
        if (errno.isFault()) {
            super.fillInStackTrace();
        }
    }

    public Errno errno() {
        return errno;
    }

    @Override
    public String getMessage() {
        Object what = subject instanceof byte[] name ? Printable.name(name) : subject;
        return call + " " + what + ": " + errno + " (" + errno.linux() + ")";
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}

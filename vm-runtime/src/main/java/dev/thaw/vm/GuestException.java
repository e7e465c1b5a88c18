// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

/** A running guest refused or failed what it was asked for, broke the channel's protocol, or is gone. */
public final class GuestException extends VmException {
    private static final long serialVersionUID = 1L;

    public GuestException(String message, Throwable cause) {
        super(message, cause);
    }
}

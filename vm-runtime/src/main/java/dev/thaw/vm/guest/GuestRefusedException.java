// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.guest;

import dev.thaw.vm.log.Printable;
import java.io.IOException;

/** The agent answered a request with an error. */
public final class GuestRefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    public GuestRefusedException(int errno, String message) {
        super(Printable.of(message) + " (errno " + errno + ")");
    }
}

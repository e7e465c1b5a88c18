// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.watch;

import java.io.IOException;
import java.io.Serial;

/** The host allows no more watches, or no more queues of events. The message says what to raise. */
public final class WatchLimitException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    WatchLimitException(String what, String setting, IOException cause) {
        super(
                what + ": the host's limit is reached (" + cause.getMessage() + "). Raise it: sysctl " + setting
                        + "=<more than /proc/sys/" + setting.replace('.', '/') + " says>",
                cause);
    }
}

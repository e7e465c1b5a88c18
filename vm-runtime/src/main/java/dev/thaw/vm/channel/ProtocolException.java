// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.channel;

import java.io.IOException;

/** The peer broke the channel's protocol. The message says how; the connection can't be used any more. */
public final class ProtocolException extends IOException {
    private static final long serialVersionUID = 1L;

    public ProtocolException(String message) {
        super(message);
    }
}

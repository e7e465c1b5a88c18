// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

/** The service did not become ready in time, or ended before it was. The message has the last lines of its log. */
public final class NotReadyException extends VmException {
    private static final long serialVersionUID = 1L;

    public NotReadyException(String message) {
        super(message);
    }
}

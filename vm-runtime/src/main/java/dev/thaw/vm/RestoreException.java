// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

/** A snapshot could not be thawed: its machine did not start, or its guest did not answer. */
public final class RestoreException extends VmException {
    private static final long serialVersionUID = 1L;

    public RestoreException(String message, Throwable cause) {
        super(message, cause);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

/**
 * Something that Thaw was asked for could not be done. The message says what happened, to what, and what can be done
 * about it; the cause is chained. Subclasses tell apart what a caller may want to treat differently.
 */
public class VmException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    protected VmException(String message) {
        super(message);
    }

    public VmException(String message, Throwable cause) {
        super(message, cause);
    }
}

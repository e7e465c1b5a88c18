// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest;

/** There is no kernel or initramfs to boot from. The message says what happened and ends with the remedy. */
public class GuestKernelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String remedy;

    /**
     * @param what what happened, to which file or package
     * @param remedy what the reader can do about it, a sentence
     * @param cause null if there is none
     */
    public GuestKernelException(String what, String remedy, Throwable cause) {
        super(what + " " + remedy, cause);
        this.remedy = remedy;
    }

    /** What the reader can do about it; the message ends with it. */
    public String remedy() {
        return remedy;
    }
}

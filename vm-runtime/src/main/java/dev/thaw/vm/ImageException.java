// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

/** The image can't be used: it is missing, damaged, of an unsupported kind, or says nothing that could be run. */
public final class ImageException extends VmException {
    private static final long serialVersionUID = 1L;

    public ImageException(String message) {
        super(message);
    }

    public ImageException(String message, Throwable cause) {
        super(message, cause);
    }
}

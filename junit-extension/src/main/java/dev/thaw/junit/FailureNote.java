// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

/** Goes with a test's failure as a suppressed exception and says how one of its VMs was doing then. */
final class FailureNote extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String vmId;

    /** @param cause why it says no more, or null */
    FailureNote(String vmId, String message, Throwable cause) {
        super(message, cause, false, false);
        this.vmId = vmId;
    }

    static boolean isOn(Throwable failure, String vmId) {
        for (Throwable suppressed : failure.getSuppressed()) {
            if (suppressed instanceof FailureNote note && note.vmId.equals(vmId)) {
                return true;
            }
        }
        return false;
    }
}

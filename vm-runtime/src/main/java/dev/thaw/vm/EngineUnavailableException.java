// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

/** This machine can't run VMs as it is: something is not installed, too old, or not permitted. */
public final class EngineUnavailableException extends VmException {
    private static final long serialVersionUID = 1L;

    /**
     * @param engine the engine's name, for example {@code qemu}
     * @param what what was found missing, and where it was looked for
     * @param remedy what the user can do, as a sentence
     */
    public EngineUnavailableException(String engine, String what, String remedy, Throwable cause) {
        super(engine + " engine unavailable: " + what + ". " + remedy, cause);
    }

    /** @param what what is missing, where it was looked for, and what the user can do */
    public EngineUnavailableException(String engine, String what, Throwable cause) {
        super(engine + " engine unavailable: " + what, cause);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

/**
 * A folder of the host that a running VM sees live. Thread-safe. It ends with its VM, or before when it is closed: then programs
 * in the guest that still have files of it open get errors.
 */
public interface Share extends AutoCloseable {

    /** What is shared, where and how. */
    ShareSpec spec();

    /**
     * Returns when all changes that the host has made to the folder so far are visible in the guest, and all that the guest's
     * programs have written so far, through memory mappings as well, is in the host's files.
     *
     * @throws GuestException if the guest does not answer
     */
    void sync();

    /**
     * Unmounts it in the guest. The host's folder stays as it is. Closing twice is harmless.
     *
     * @throws VmException if the guest does not unmount it; the host serves no more of the folder in any case
     */
    @Override
    void close();
}

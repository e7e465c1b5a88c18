// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import java.time.Duration;

/**
 * A VM as it was at one moment, memory, devices and scratch disk. Any number of VMs can be started from it, in parallel and after the VM
 * that it was taken of has been closed. Thread-safe.
 *
 * <p>It lives in the store until it is closed, or the {@link Thaw} that its VM is of, or this process ends.
 */
public interface Checkpoint extends AutoCloseable {

    /** What the VM was started from. */
    VmSpec spec();

    /** Its name in the store: 64 hexadecimal digits. */
    String id();

    /** How long taking it took; for less than that the VM stood still. */
    Duration duration();

    /**
     * Removes it from the store, as soon as no VM uses it. Closing twice is harmless.
     *
     * @throws VmException if that can't be noted in the store; it goes with this process at the latest
     */
    @Override
    void close();
}

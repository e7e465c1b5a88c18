// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

/** Takes what is in a folder. */
public interface HostEntries {
    /**
     * Takes one entry.
     *
     * @param names holds the name, {@code length} bytes at {@code from}; valid during the call
     * @param kind the bits of a mode, or 0 if the host didn't tell
     */
    void take(byte[] names, int from, int length, long inode, int kind) throws ErrnoException;
}

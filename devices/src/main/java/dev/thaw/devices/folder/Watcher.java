// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.Descriptor;

/**
 * Sees what others than the guest change in the folders of a tree, and tells {@link HostChanges}. The tree asks before the guest
 * learns anything that could change, so nothing falls between look and watch. Thread-safe; each is asked once for as long
 * as the node is known.
 */
public interface Watcher extends AutoCloseable {
    /** Watches nothing: what a guest is told may be out of date as soon as it has it. */
    Watcher NONE = new Watcher() {
        @Override
        public boolean folder(long node, Descriptor folder) {
            return false;
        }

        @Override
        public boolean file(long node, Descriptor file) {
            return false;
        }

        @Override
        public void forgotten(long node) {}

        @Override
        public void close() {}
    };

    /**
     * Before a folder is first looked into.
     *
     * @param folder valid during the call
     * @return whether it is watched from now on
     */
    boolean folder(long node, Descriptor folder);

    /** Before the guest first writes to a file. */
    boolean file(long node, Descriptor file);

    /** The node's number is valid no more. */
    void forgotten(long node);

    @Override
    void close();
}

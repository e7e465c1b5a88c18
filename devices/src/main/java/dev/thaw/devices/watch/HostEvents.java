// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.watch;

/**
 * Is told what others than the guest do to names in watched folders, one event after the other and after it has been told to {@link
 * dev.thaw.devices.folder.HostChanges}. It must not block.
 */
public interface HostEvents {
    /** Nobody is told. */
    HostEvents NONE = new HostEvents() {
        @Override
        public void event(WatchEvent<Long> event, long before) {}

        @Override
        public void settled() {}
    };

    /**
     * Something happened to a name.
     *
     * @param event its key is the folder's node
     * @param before the node that the guest knew under that name, or 0
     */
    void event(WatchEvent<Long> event, long before);

    /** The other half of a move that has been told will not come any more. */
    void settled();
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.Descriptor;

/**
 * Sees what others than the guest change in the folders of a tree, and tells {@link HostChanges}. The tree asks before the guest
 * learns anything that could change, so nothing falls between look and watch; and it announces what it is about to change for
 * the guest, whom nobody has to tell. Thread-safe.
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

    /** What becomes of a name. */
    enum NameChange {
        MADE,
        REMOVED,
        MOVED_AWAY,
        MOVED_HERE
    }

    /** A change of the guest's own, announced before the one call to the host that makes it and closed right after that. */
    interface Own extends AutoCloseable {
        /** Nobody sees it anyway. */
        Own NONE = new Own() {
            @Override
            public void made() {}

            @Override
            public void close() {}
        };

        /** The call has been made and went well. Without this there was no change. */
        void made();

        @Override
        void close();
    }

    /**
     * Before a folder is first looked into; asked once for as long as the node is known.
     *
     * @param folder valid during the call
     * @return whether it is watched from now on
     */
    boolean folder(long node, Descriptor folder);

    /** Before the guest first opens or changes a file; asked once for as long as the node is known. */
    boolean file(long node, Descriptor file);

    /** The node's number is valid no more. */
    void forgotten(long node);

    /** A name that the guest may remember to be missing is not kept in mind any more: if it appears, that may not be told. */
    default void absenceForgotten(long folder, Name name) {}

    /**
     * Before a name is made, removed or moved for the guest; closed when the tree knows what it leads to.
     *
     * @param before the node that it leads to, 0 for nothing, and for what nobody knows
     * @param after the same of when it is done
     */
    default Own ownName(long folder, Name name, NameChange change, long before, long after) {
        return Own.NONE;
    }

    /** A look has shown that a name leads to a node no more. The event may be yet to come, as may those of what was changed before it. */
    default void lostSight(long node) {}

    /** Before data of a file are changed for the guest, by one call. */
    default Own ownData(long file) {
        return Own.NONE;
    }

    /** Before attributes or extended attributes of a node are changed for the guest, by one call. */
    default Own ownAttributes(long node) {
        return Own.NONE;
    }

    /** Before a file gets or loses a name, which changes how many it has. */
    default Own ownLinks(long file) {
        return Own.NONE;
    }

    @Override
    void close();
}

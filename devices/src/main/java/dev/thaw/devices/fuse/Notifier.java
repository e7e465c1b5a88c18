// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.Name;

/** Tells a guest's kernel to drop what it has cached. Thread-safe; in the order of the calls, and without waiting. */
public interface Notifier {
    /** Of an inode's length: to the end, whatever comes. */
    long TO_END = -1;
    /** Instead of an offset: attributes alone. */
    long ATTRIBUTES_ONLY = -1;

    /** Nobody is told. */
    Notifier NONE = new Notifier() {
        @Override
        public void invalidateInode(long node, long offset, long length) {}

        @Override
        public void invalidateEntry(long parent, Name name) {}

        @Override
        public void delete(long parent, long child, Name name) {}
    };

    /**
     * A node's attributes, and its data or, of a folder, its listing.
     *
     * @param offset of the data, or {@link #ATTRIBUTES_ONLY}
     * @param length of the data, or {@link #TO_END}; 0 with attributes only
     */
    void invalidateInode(long node, long offset, long length);

    /** What a name leads to, and that it leads nowhere. */
    void invalidateEntry(long parent, Name name);

    /** The name, if it leads to this node, is gone; whoever watches it in the guest is told so. */
    void delete(long parent, long child, Name name);
}

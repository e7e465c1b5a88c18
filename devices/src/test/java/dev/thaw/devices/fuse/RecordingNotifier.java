// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.Name;
import java.util.List;

/** Writes down what a guest would be told; for tests. */
record RecordingNotifier(List<String> told) implements Notifier {
    @Override
    public void invalidateInode(long node, long offset, long length) {
        told.add("inode " + node + " " + offset + " " + length);
    }

    @Override
    public void invalidateEntry(long parent, Name name) {
        told.add("entry " + parent + " " + name);
    }

    @Override
    public void delete(long parent, long child, Name name) {
        told.add("delete " + parent + " " + child + " " + name);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.HostChanges;
import dev.thaw.devices.folder.Name;

/** Tells the core's news of the host to a guest's kernel. Immutable. */
public record NotifiedChanges(Notifier notifier) implements HostChanges {
    @Override
    public void data(long node, long offset, long length) {
        notifier.invalidateInode(node, offset, length == HostChanges.TO_END ? Notifier.TO_END : length);
    }

    @Override
    public void attributes(long node) {
        notifier.invalidateInode(node, Notifier.ATTRIBUTES_ONLY, 0);
    }

    @Override
    public void entry(long parent, Name name) {
        notifier.invalidateEntry(parent, name);
    }

    @Override
    public void deleted(long parent, long node, Name name) {
        notifier.delete(parent, node, name);
    }
}

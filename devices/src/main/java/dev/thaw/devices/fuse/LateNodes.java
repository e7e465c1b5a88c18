// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.KnownNodes;
import dev.thaw.devices.host.Errno;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Tells a guest's kernel again what it was told too early. It refuses news of a node that it does not have with ENOENT, and
 * may be about to have it: the reply that brings it, with attributes of before the change, is on its way through the kernel. A lookup holds its
 * folder until it is done, and an invalidation of the name waits for that; so the name goes first, and the node's news
 * again behind it. Thread-safe.
 *
 * <p>Source: Linux, fs/fuse/inode.c, fuse_reverse_inval_inode; fs/fuse/dir.c, fuse_reverse_inval_entry.
 */
public final class LateNodes {
    private final KnownNodes nodes;
    private final Set<Long> again = new HashSet<>(); // guarded by this

    public LateNodes(KnownNodes nodes) {
        this.nodes = nodes;
    }

    /**
     * A guest has answered a notification.
     *
     * @param notification as {@link FuseNotifications} has made it
     * @param errno 0 if it was taken
     * @return what it is to be told next, in this order and after all else; mostly nothing
     */
    public List<ByteBuffer> answered(ByteBuffer notification, int errno) {
        if (!FuseNotifications.isOfInode(notification)) {
            return List.of();
        }
        long node = FuseNotifications.node(notification);
        synchronized (this) {
            // The second answer is final: then the kernel has forgotten the node.
            if (again.remove(node) || errno != Errno.ENOENT.linux()) {
                return List.of();
            }
            again.add(node);
        }
        List<ByteBuffer> next = new ArrayList<>();
        FuseNotifications notifier = new FuseNotifications(next::add);
        nodes.names(node, (folder, name, named) -> notifier.invalidateEntry(folder, name));
        FuseNotifications.repeat(notification, notifier);
        return next;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.AttributeChanges;
import dev.thaw.devices.folder.Attributes;
import dev.thaw.devices.folder.FileKind;
import dev.thaw.devices.folder.FileTree;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Takes set-user-id and set-group-id bits from files that somebody without that right writes to. We promise the guest's
 * kernel to do so (FUSE_HANDLE_KILLPRIV_V2), since without the promise it asks for security.capability before each
 * single write: one more round trip. Linux 6.18 was seen to go on showing the old permissions as long as their lifetime
 * is, so it is told that they are others. Thread-safe.
 */
record Privileges(FileTree tree, Notifier notifier) {
    private static final int SET_USER = 04000, SET_GROUP = 02000, GROUP_EXECUTES = 0010;

    /** What is left of permissions; without execution by the group its bit means mandatory locking and stays. */
    static int without(int permissions) {
        int left = permissions & ~SET_USER;
        return (left & GROUP_EXECUTES) != 0 ? left & ~SET_GROUP : left;
    }

    /** Permissions to set, if a node has to lose some. */
    static OptionalInt toSet(Attributes attributes) {
        int left = without(attributes.permissions());
        boolean loses = attributes.kind() != FileKind.FOLDER && left != attributes.permissions();
        return loses ? OptionalInt.of(left) : OptionalInt.empty();
    }

    void drop(long node, long handle) throws IOException {
        drop(node, handle, tree.attributes(node, handle));
    }

    void drop(long node, long handle, Attributes attributes) throws IOException {
        OptionalInt permissions = toSet(attributes);
        if (permissions.isPresent()) {
            OptionalInt stays = OptionalInt.empty();
            tree.change(
                    node,
                    handle,
                    new AttributeChanges(
                            permissions, stays, stays, OptionalLong.empty(), Optional.empty(), Optional.empty()));
            notifier.invalidateInode(node, Notifier.ATTRIBUTES_ONLY, 0);
        }
    }
}

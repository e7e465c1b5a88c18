// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.Name;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;

/**
 * Encodes notifications for a guest's /dev/fuse. Thread-safe if the taker of messages is.
 *
 * <p>A notification looks like a reply to request 0 whose error is its code. The code is positive: that is how Linux
 * reads it (fs/fuse/dev.c, fuse_dev_do_write gives the field as it is to fuse_notify, which knows
 * FUSE_NOTIFY_INVAL_INODE as 2 and so on). Servers have been seen that negate it, as errors of replies are; Linux
 * refuses these with EINVAL.
 */
public final class FuseNotifications implements Notifier {
    /** linux/fuse.h, enum fuse_notify_code. */
    static final int INVAL_INODE = 2, INVAL_ENTRY = 3, DELETE = 6;

    private final Consumer<ByteBuffer> messages;

    /** @param messages takes each message, whole, and owns it then */
    public FuseNotifications(Consumer<ByteBuffer> messages) {
        this.messages = messages;
    }

    @Override
    public void invalidateInode(long node, long offset, long length) {
        ByteBuffer message = message(INVAL_INODE, InvalInodeOut.SIZE);
        message.putLong(FuseOutHeader.SIZE + InvalInodeOut.NODE, node);
        message.putLong(FuseOutHeader.SIZE + InvalInodeOut.OFFSET, offset);
        message.putLong(FuseOutHeader.SIZE + InvalInodeOut.LENGTH, length);
        messages.accept(message);
    }

    @Override
    public void invalidateEntry(long parent, Name name) {
        ByteBuffer message = message(INVAL_ENTRY, InvalEntryOut.SIZE + name.length() + 1);
        message.putLong(FuseOutHeader.SIZE + InvalEntryOut.PARENT, parent);
        message.putInt(FuseOutHeader.SIZE + InvalEntryOut.NAME_LENGTH, name.length());
        message.put(FuseOutHeader.SIZE + InvalEntryOut.SIZE, name.bytes());
        messages.accept(message);
    }

    @Override
    public void delete(long parent, long child, Name name) {
        ByteBuffer message = message(DELETE, DeleteOut.SIZE + name.length() + 1);
        message.putLong(FuseOutHeader.SIZE + DeleteOut.PARENT, parent);
        message.putLong(FuseOutHeader.SIZE + DeleteOut.CHILD, child);
        message.putInt(FuseOutHeader.SIZE + DeleteOut.NAME_LENGTH, name.length());
        message.put(FuseOutHeader.SIZE + DeleteOut.SIZE, name.bytes());
        messages.accept(message);
    }

    /** Whether a message is of {@link #invalidateInode}. */
    static boolean isOfInode(ByteBuffer message) {
        return message.getInt(FuseOutHeader.ERROR) == INVAL_INODE;
    }

    /** Of such a message. */
    static long node(ByteBuffer message) {
        return message.getLong(FuseOutHeader.SIZE + InvalInodeOut.NODE);
    }

    /** Tells the same once more. */
    static void repeat(ByteBuffer message, Notifier notifier) {
        long offset = message.getLong(FuseOutHeader.SIZE + InvalInodeOut.OFFSET);
        notifier.invalidateInode(node(message), offset, message.getLong(FuseOutHeader.SIZE + InvalInodeOut.LENGTH));
    }

    /** Names are followed by a NUL that their length does not count. */
    private static ByteBuffer message(int code, int bodyBytes) {
        int length = FuseOutHeader.SIZE + bodyBytes;
        ByteBuffer message = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        new FuseOutHeader(length, code, 0).put(message);
        return message;
    }

    /** fuse_notify_inval_inode_out. */
    private static final class InvalInodeOut {
        static final int NODE = 0, OFFSET = 8, LENGTH = 16, SIZE = 24;
    }

    /** fuse_notify_inval_entry_out; its last field is padding until 7.38 made flags of it. */
    private static final class InvalEntryOut {
        static final int PARENT = 0, NAME_LENGTH = 8, SIZE = 16;
    }

    /** fuse_notify_delete_out. */
    private static final class DeleteOut {
        static final int PARENT = 0, CHILD = 8, NAME_LENGTH = 16, SIZE = 24;
    }
}

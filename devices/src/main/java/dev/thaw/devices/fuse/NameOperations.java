// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.Entry;
import dev.thaw.devices.folder.FileKind;
import dev.thaw.devices.folder.FileTree;
import dev.thaw.devices.folder.Name;
import dev.thaw.devices.folder.OpenMode;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Names in folders. Thread-safe. */
final class NameOperations {
    private static final int PERMISSIONS = 07777;

    private final FileTree tree;
    private final Lifetimes lifetimes;
    private final Privileges privileges;

    NameOperations(FileTree tree, Lifetimes lifetimes, Privileges privileges) {
        this.tree = tree;
        this.lifetimes = lifetimes;
        this.privileges = privileges;
    }

    /** That there is no such name is an answer as well, to be remembered as long as any other. */
    void lookup(FuseCall call, Name name) throws IOException {
        lifetimes.reply(call, call.node(), find(call.node(), name));
    }

    private Entry find(long parent, Name name) throws IOException {
        try {
            return tree.lookup(parent, name);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                return null;
            }
            throw e;
        }
    }

    void makeSymlink(FuseCall call, NameRequest.SymLink request) throws IOException {
        byte[] target = request.target().bytes();
        if (target.length == 0 || target.length > NodeOperations.MAX_TARGET) {
            Errno errno = target.length == 0 ? Errno.ENOENT : Errno.ENAMETOOLONG;
            throw new ErrnoException(errno, "symlink", "to " + target.length + " bytes");
        }
        lifetimes.reply(call, call.node(), tree.makeSymlink(call.node(), request.name(), target, call.caller()));
    }

    void makeNode(FuseCall call, NameRequest.MakeNode request) throws IOException {
        Entry made = tree.makeNode(
                call.node(), request.name(), kind(request.mode()), request.mode() & PERMISSIONS, call.caller());
        lifetimes.reply(call, call.node(), made);
    }

    private static FileKind kind(int mode) throws ErrnoException {
        FileKind kind = FileKind.ofMode(mode);
        if (kind == null || kind == FileKind.FOLDER || kind == FileKind.SYMLINK) {
            throw new ErrnoException(Errno.EINVAL, "mknod", "of mode 0" + Integer.toOctalString(mode));
        }
        return kind;
    }

    void makeFolder(FuseCall call, NameRequest.MakeFolder request) throws IOException {
        Entry made = tree.makeFolder(call.node(), request.name(), request.mode() & PERMISSIONS, call.caller());
        lifetimes.reply(call, call.node(), made);
    }

    void remove(FuseCall call, NameRequest.Remove request) throws IOException {
        if (request.folder()) {
            tree.removeFolder(call.node(), request.name());
        } else {
            tree.unlink(call.node(), request.name());
        }
        call.reply();
    }

    void rename(FuseCall call, NameRequest.Rename request) throws IOException {
        tree.rename(call.node(), request.name(), request.newParent(), request.newName(), mode(request.flags()));
        call.reply();
    }

    /** RENAME_WHITEOUT, for overlays that write to a share, is refused as most file systems do. */
    private static FileTree.RenameMode mode(int flags) throws ErrnoException {
        return switch (flags) {
            case 0 -> FileTree.RenameMode.REPLACE;
            case NameRequest.Rename.NO_REPLACE -> FileTree.RenameMode.NO_REPLACE;
            case NameRequest.Rename.EXCHANGE -> FileTree.RenameMode.EXCHANGE;
            default -> throw new ErrnoException(Errno.EINVAL, "rename", "with flags " + flags);
        };
    }

    void link(FuseCall call, NameRequest.Link request) throws IOException {
        lifetimes.reply(call, call.node(), tree.link(request.node(), call.node(), request.newName()));
    }

    void create(FuseCall call, NameRequest.Create request) throws IOException {
        OpenMode mode = OpenFlags.mode(request.flags(), lifetimes.options().direct());
        boolean exclusive = (request.flags() & OpenFlags.EXCLUSIVE) != 0;
        FileTree.Created created =
                tree.create(call.node(), request.name(), request.mode() & PERMISSIONS, exclusive, mode, call.caller());
        Entry entry = created.entry();
        if (mode.truncate() && (request.openFlags() & FileRequest.Open.KILL_PRIVILEGES) != 0) {
            privileges.drop(entry.node(), created.opened().handle(), entry.attributes());
        }
        ByteBuffer room = FuseCall.room(FuseEntryOut.SIZE + FuseReplies.OpenOut.SIZE);
        lifetimes.entry(call.node(), entry).put(room, FuseOutHeader.SIZE);
        FileOperations.opened(created.opened(), mode).put(room, FuseOutHeader.SIZE + FuseEntryOut.SIZE);
        call.reply(room);
    }
}

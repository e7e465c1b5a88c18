// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.AttributeChanges;
import dev.thaw.devices.folder.Attributes;
import dev.thaw.devices.folder.FileKind;
import dev.thaw.devices.folder.FileTree;
import dev.thaw.devices.fuse.NodeRequest.SetAttributes;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Nodes and their attributes. Thread-safe. */
final class NodeOperations {
    private static final int NANOS_PER_SECOND = 1_000_000_000;
    /** The guest's kernel takes no more of a symlink's target: PATH_MAX without its NUL. */
    static final int MAX_TARGET = 4095;

    private final FileTree tree;
    private final Lifetimes lifetimes;
    private final Privileges privileges;

    NodeOperations(FileTree tree, Lifetimes lifetimes, Privileges privileges) {
        this.tree = tree;
        this.lifetimes = lifetimes;
        this.privileges = privileges;
    }

    void forget(FuseCall call, List<NodeRequest.ForgetOne> all) {
        for (NodeRequest.ForgetOne one : all) {
            // Unsigned, as FUSE has it: absurdly many are as many as there were.
            tree.forget(one.node(), one.lookups() < 0 ? Long.MAX_VALUE : one.lookups());
        }
        call.end();
    }

    void attributes(FuseCall call, NodeRequest.GetAttributes request) throws IOException {
        boolean byHandle = (request.flags() & NodeRequest.GetAttributes.FLAG_HANDLE) != 0;
        lifetimes.reply(call, call.node(), tree.attributes(call.node(), byHandle ? request.handle() : 0));
    }

    void change(FuseCall call, SetAttributes request) throws IOException {
        long handle = request.has(SetAttributes.WITH_HANDLE) ? request.handle() : 0;
        AttributeChanges changes = changes(call.node(), handle, request);
        if (request.has(SetAttributes.SET_SIZE) && request.has(SetAttributes.KILL_PRIVILEGES)) {
            privileges.drop(call.node(), handle);
        }
        lifetimes.reply(call, call.node(), tree.change(call.node(), handle, changes));
    }

    private AttributeChanges changes(long node, long handle, SetAttributes request) throws IOException {
        if (request.has(SetAttributes.SET_SIZE) && request.size() < 0) {
            throw new ErrnoException(Errno.EINVAL, "truncate", "to " + request.size());
        }
        return new AttributeChanges(
                permissions(node, handle, request),
                request.has(SetAttributes.SET_UID) ? OptionalInt.of(request.uid()) : OptionalInt.empty(),
                request.has(SetAttributes.SET_GID) ? OptionalInt.of(request.gid()) : OptionalInt.empty(),
                request.has(SetAttributes.SET_SIZE) ? OptionalLong.of(request.size()) : OptionalLong.empty(),
                time(request, SetAttributes.SET_ACCESSED, SetAttributes.ACCESSED_NOW, request.accessed()),
                time(request, SetAttributes.SET_MODIFIED, SetAttributes.MODIFIED_NOW, request.modified()));
    }

    /** A new owner means that set-user-id bits go, unless new permissions are told as well. */
    private OptionalInt permissions(long node, long handle, SetAttributes request) throws IOException {
        if (request.has(SetAttributes.SET_MODE)) {
            return OptionalInt.of(request.mode() & 07777);
        } else if (request.has(SetAttributes.SET_UID) || request.has(SetAttributes.SET_GID)) {
            return Privileges.toSet(tree.attributes(node, handle));
        }
        return OptionalInt.empty();
    }

    private static Optional<AttributeChanges.Stamped> time(
            SetAttributes request, int set, int now, SetAttributes.Time time) throws ErrnoException {
        if (request.has(now)) {
            return Optional.of(new AttributeChanges.Stamped(null));
        } else if (!request.has(set)) {
            return Optional.empty();
        } else if (Integer.compareUnsigned(time.nanoseconds(), NANOS_PER_SECOND) >= 0) {
            throw new ErrnoException(Errno.EINVAL, "set time", "to " + time);
        }
        return Optional.of(new AttributeChanges.Stamped(new Attributes.Time(time.seconds(), time.nanoseconds())));
    }

    void readLink(FuseCall call) throws IOException {
        byte[] target = tree.readSymlink(call.node());
        if (target.length > MAX_TARGET) {
            throw new ErrnoException(Errno.ENAMETOOLONG, "readlink", "of " + target.length + " bytes");
        }
        call.reply(call.data(target.length).put(target));
    }

    void statFs(FuseCall call) throws IOException {
        ByteBuffer room = FuseCall.room(FuseReplies.SpaceOut.SIZE);
        new FuseReplies.SpaceOut(tree.space()).put(room, FuseOutHeader.SIZE);
        call.reply(room);
    }

    /**
     * Only comes from mounts whose kernel does not check permissions by itself; other groups of the caller are unknown.
     */
    void access(FuseCall call, NodeRequest.Access request) throws IOException {
        Attributes attributes = tree.attributes(call.node(), 0);
        int wanted = request.mask() & 7;
        int granted = call.caller().uid() == 0
                ? grantedToRoot(attributes)
                : granted(attributes, call.caller().uid(), call.caller().gid());
        if ((wanted & ~granted) != 0) {
            throw new ErrnoException(Errno.EACCES, "access", "of mode " + wanted);
        }
        call.reply();
    }

    private static int granted(Attributes attributes, int uid, int gid) {
        int shift = attributes.uid() == uid ? 6 : attributes.gid() == gid ? 3 : 0;
        return attributes.permissions() >> shift & 7;
    }

    private static int grantedToRoot(Attributes attributes) {
        boolean executable = attributes.kind() == FileKind.FOLDER || (attributes.permissions() & 0111) != 0;
        int always = NodeRequest.Access.READ | NodeRequest.Access.WRITE;
        return executable ? always | NodeRequest.Access.EXECUTE : always;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.FileTree;
import dev.thaw.devices.folder.Name;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Extended attributes. Thread-safe. */
final class AttributeOperations {
    /** linux/limits.h, XATTR_SIZE_MAX and XATTR_LIST_MAX. */
    private static final int MAX_BYTES = 65536;
    /** sys/xattr.h, XATTR_CREATE and XATTR_REPLACE. */
    private static final int MODES = 3;

    private final FileTree tree;

    AttributeOperations(FileTree tree) {
        this.tree = tree;
    }

    void set(FuseCall call, AttributeRequest.Set request) throws IOException {
        if ((request.flags() & ~MODES) != 0 || request.flags() == MODES) {
            throw new ErrnoException(Errno.EINVAL, "setxattr", "with flags " + request.flags());
        }
        byte[] value = new byte[checkLength("setxattr", request.value().remaining())];
        request.value().duplicate().get(value);
        tree.setExtendedAttribute(call.node(), request.name(), value, request.flags());
        call.reply();
    }

    private static int checkLength(String what, int length) throws ErrnoException {
        if (length > MAX_BYTES) {
            throw new ErrnoException(Errno.E2BIG, what, "of " + length + " bytes");
        }
        return length;
    }

    void get(FuseCall call, AttributeRequest.Get request) throws IOException {
        reply(call, request.length(), tree.extendedAttribute(call.node(), request.name()));
    }

    void list(FuseCall call, AttributeRequest.List request) throws IOException {
        ByteArrayOutputStream names = new ByteArrayOutputStream();
        for (Name name : tree.extendedAttributes(call.node())) {
            names.writeBytes(name.bytes());
            names.write(0);
        }
        reply(call, request.length(), names.toByteArray());
    }

    /** Room of 0 asks how much is needed. */
    private static void reply(FuseCall call, int room, byte[] bytes) throws ErrnoException {
        checkLength("getxattr", bytes.length);
        if (room == 0) {
            ByteBuffer reply = FuseCall.room(FuseReplies.AttributeLengthOut.SIZE);
            new FuseReplies.AttributeLengthOut(bytes.length).put(reply, FuseOutHeader.SIZE);
            call.reply(reply);
        } else if (Integer.compareUnsigned(room, bytes.length) < 0) {
            throw new ErrnoException(Errno.ERANGE, "getxattr", "of " + bytes.length + " bytes into " + room);
        } else {
            call.reply(call.data(bytes.length).put(bytes));
        }
    }

    void remove(FuseCall call, AttributeRequest.Remove request) throws IOException {
        tree.removeExtendedAttribute(call.node(), request.name());
        call.reply();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.host.Errno;
import java.io.IOException;

/** Makes requests of bytes. */
final class FuseDecoder {
    private FuseDecoder() {}

    /**
     * The request that a body is.
     *
     * @throws MalformedRequestException if it is too short for its struct, or holds what FUSE has no meaning for
     * @throws dev.thaw.devices.host.ErrnoException for a name that can't be one
     */
    static FuseRequest decode(int opcode, FuseBody body) throws IOException {
        return switch (opcode) {
            case FuseOpcode.LOOKUP -> NameRequest.Lookup.decode(body);
            case FuseOpcode.FORGET -> NodeRequest.Forget.decode(body);
            case FuseOpcode.BATCH_FORGET -> NodeRequest.BatchForget.decode(body);
            case FuseOpcode.GETATTR -> NodeRequest.GetAttributes.decode(body);
            case FuseOpcode.SETATTR -> NodeRequest.SetAttributes.decode(body);
            case FuseOpcode.READLINK -> new NodeRequest.ReadLink();
            case FuseOpcode.SYMLINK -> NameRequest.SymLink.decode(body);
            case FuseOpcode.MKNOD -> NameRequest.MakeNode.decode(body);
            case FuseOpcode.MKDIR -> NameRequest.MakeFolder.decode(body);
            case FuseOpcode.UNLINK -> NameRequest.Remove.decode(false, body);
            case FuseOpcode.RMDIR -> NameRequest.Remove.decode(true, body);
            case FuseOpcode.RENAME -> NameRequest.Rename.decode(body);
            case FuseOpcode.RENAME2 -> NameRequest.Rename.decode2(body);
            case FuseOpcode.LINK -> NameRequest.Link.decode(body);
            case FuseOpcode.OPEN -> FileRequest.Open.decode(body);
            case FuseOpcode.CREATE -> NameRequest.Create.decode(body);
            case FuseOpcode.READ -> FileRequest.Read.decode(body);
            case FuseOpcode.WRITE -> FileRequest.Write.decode(body);
            case FuseOpcode.RELEASE, FuseOpcode.RELEASEDIR -> FileRequest.Release.decode(body);
            case FuseOpcode.FSYNC, FuseOpcode.FSYNCDIR -> FileRequest.Sync.decode(body);
            case FuseOpcode.FLUSH -> FileRequest.Flush.decode(body);
            default -> decodeRare(opcode, body);
        };
    }

    private static FuseRequest decodeRare(int opcode, FuseBody body) throws IOException {
        return switch (opcode) {
            case FuseOpcode.OPENDIR -> FolderRequest.Open.decode(body);
            case FuseOpcode.READDIR -> FolderRequest.Listing.decode(false, body);
            case FuseOpcode.READDIRPLUS -> FolderRequest.Listing.decode(true, body);
            case FuseOpcode.STATFS -> new NodeRequest.StatFs();
            case FuseOpcode.ACCESS -> NodeRequest.Access.decode(body);
            case FuseOpcode.SETXATTR -> AttributeRequest.Set.decode(body);
            case FuseOpcode.GETXATTR -> AttributeRequest.Get.decode(body);
            case FuseOpcode.LISTXATTR -> AttributeRequest.List.decode(body);
            case FuseOpcode.REMOVEXATTR -> AttributeRequest.Remove.decode(body);
            case FuseOpcode.GETLK, FuseOpcode.SETLK, FuseOpcode.SETLKW -> LockRequest.decode(opcode, body);
            case FuseOpcode.FALLOCATE -> FileRequest.Allocate.decode(body);
            case FuseOpcode.LSEEK -> FileRequest.Seek.decode(body);
            case FuseOpcode.COPY_FILE_RANGE -> FileRequest.CopyRange.decode(body);
            case FuseOpcode.INIT -> SessionRequest.Init.decode(body);
            case FuseOpcode.INTERRUPT -> SessionRequest.Interrupt.decode(body);
            case FuseOpcode.DESTROY -> new SessionRequest.Destroy();
            case FuseOpcode.IOCTL -> new SessionRequest.Refused(Errno.ENOTTY);
            case FuseOpcode.TMPFILE -> new SessionRequest.Refused(Errno.EOPNOTSUPP);
            // To POLL that means that all is always ready. SYNCFS comes over virtio-fs alone, never over /dev/fuse.
            case FuseOpcode.POLL, FuseOpcode.SYNCFS -> new SessionRequest.Refused(Errno.ENOSYS);
            default -> new SessionRequest.Refused(Errno.ENOSYS);
        };
    }
}

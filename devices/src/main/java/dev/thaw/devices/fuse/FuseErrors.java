// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Optional;

/** The one place where exceptions become what a guest is told. */
final class FuseErrors {
    private FuseErrors() {}

    /** The reason that an exception stands for; empty for what nobody foresaw, which the guest is told as EIO. */
    static Optional<Errno> known(Throwable failure) {
        if (failure instanceof ErrnoException known) {
            return Optional.of(known.errno());
        } else if (failure instanceof MalformedRequestException) {
            return Optional.of(Errno.EINVAL);
        } else if (failure instanceof NoSuchFileException) {
            return Optional.of(Errno.ENOENT);
        } else if (failure instanceof FileAlreadyExistsException) {
            return Optional.of(Errno.EEXIST);
        } else if (failure instanceof DirectoryNotEmptyException) {
            return Optional.of(Errno.ENOTEMPTY);
        } else if (failure instanceof NotDirectoryException) {
            return Optional.of(Errno.ENOTDIR);
        } else if (failure instanceof AccessDeniedException) {
            return Optional.of(Errno.EACCES);
        } else if (failure instanceof FileSystemLoopException) {
            return Optional.of(Errno.ELOOP);
        } else if (failure instanceof ClosedChannelException) {
            return Optional.of(Errno.EBADF);
        }
        return Optional.empty();
    }
}

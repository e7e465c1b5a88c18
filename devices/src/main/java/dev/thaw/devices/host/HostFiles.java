// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Files by descriptor and name. A name is one component, as bytes without a NUL or slash; callers have checked that. A symlink
 * in the place of a name is never followed. What fails, fails with an {@link ErrnoException}; what a signal interrupts is
 * done again. Thread-safe.
 */
public interface HostFiles {
    /** How to open: reading, writing, a file that must not be there, each write at the end, each write lasting. */
    int READ = 1, WRITE = 2, CREATE_NEW = 4, APPEND = 8, SYNC = 16;

    /** Of a rename: as Linux's RENAME_NOREPLACE and RENAME_EXCHANGE. */
    int REPLACE = 0, NO_REPLACE = 1, EXCHANGE = 2;

    /**
     * The host's, loaded when first asked for.
     *
     * @throws IOException if there are none: an unknown system, or native code could not be loaded
     */
    static HostFiles ofThisHost() throws IOException {
        return Platform.files();
    }

    /** Whom files that this process makes belong to. */
    int userId();

    int groupId();

    // ---- descriptors ----

    /** A folder by its path, whose symlinks are followed: the path is the user's, not a guest's. */
    Descriptor openRoot(Path folder) throws IOException;

    /**
     * A folder below another.
     *
     * @param path names with slashes between. None of them may be a symlink
     */
    Descriptor openFolder(Descriptor root, byte[] path) throws ErrnoException;

    /** A folder for {@link #list} and {@link #sync}. */
    Descriptor openListing(Descriptor folder) throws ErrnoException;

    /** Whatever the name leads to, symlinks themselves, not to read or write but to know it again. Never blocks. */
    Descriptor pin(Descriptor folder, byte[] name) throws ErrnoException;

    /** Opens; never blocks, whatever is there now. The caller looks what it got. */
    Descriptor open(Descriptor folder, byte[] name, int how, int permissions) throws ErrnoException;

    /** Opens the same file once more, even if it has no name left. */
    Descriptor reopen(Descriptor file, int how) throws ErrnoException;

    // ---- attributes ----

    HostStat stat(Descriptor folder, byte[] name) throws ErrnoException;

    HostStat stat(Descriptor any) throws ErrnoException;

    /** Of anything but a symlink. */
    void setPermissions(Descriptor any, int permissions) throws ErrnoException;

    /** Of anything but a symlink. */
    void setTimes(Descriptor any, HostTimes times) throws ErrnoException;

    /** Of a symlink itself. */
    void setTimes(Descriptor folder, byte[] name, HostTimes times) throws ErrnoException;

    // ---- names ----

    byte[] readSymlink(Descriptor folder, byte[] name) throws ErrnoException;

    void makeSymlink(Descriptor folder, byte[] name, byte[] target) throws ErrnoException;

    /** Makes a file, FIFO or socket, as the mode says. */
    void makeNode(Descriptor folder, byte[] name, int mode) throws ErrnoException;

    void makeFolder(Descriptor folder, byte[] name, int permissions) throws ErrnoException;

    /**
     * One more name.
     *
     * @param pinned of {@link #pin}
     */
    void link(Descriptor pinned, Descriptor folder, byte[] name) throws ErrnoException;

    void unlink(Descriptor folder, byte[] name) throws ErrnoException;

    void removeFolder(Descriptor folder, byte[] name) throws ErrnoException;

    void rename(Descriptor folder, byte[] name, Descriptor newFolder, byte[] newName, int mode) throws ErrnoException;

    // ---- data ----

    /** Reads until the buffer is full or the file ends; gives how many. */
    int read(Descriptor file, long offset, ByteBuffer target) throws ErrnoException;

    /** As {@link #read} from memory alone; -1 if that can't be done, with the buffer's position as it was. */
    int readNow(Descriptor file, long offset, ByteBuffer target) throws ErrnoException;

    /** Writes all, or what could be written before a failure, which is thrown only if that is nothing. */
    int write(Descriptor file, long offset, ByteBuffer data) throws ErrnoException;

    void truncate(Descriptor file, long size) throws ErrnoException;

    /** Allocates or gives back; the mode is of Linux's FALLOC_FL_*. */
    void allocate(Descriptor file, int mode, long offset, long length) throws ErrnoException;

    long seek(Descriptor file, long offset, boolean hole) throws ErrnoException;

    long copy(Descriptor from, long fromOffset, Descriptor to, long toOffset, long length) throws ErrnoException;

    void sync(Descriptor file, boolean dataOnly) throws ErrnoException;

    // ---- folders ----

    /** All entries from the beginning, {@code .} and {@code ..} left out. The descriptor has one position: one list at a time. */
    void list(Descriptor listing, HostEntries entries) throws ErrnoException;

    HostSpace space(Descriptor any) throws ErrnoException;

    // ---- extended attributes, with names as Linux writes them ----

    byte[] attribute(Descriptor any, byte[] name) throws ErrnoException;

    List<byte[]> attributes(Descriptor any) throws ErrnoException;

    /** Sets one; the mode is XATTR_CREATE (1) or XATTR_REPLACE (2) as Linux has them, or 0. */
    void setAttribute(Descriptor any, byte[] name, byte[] value, int mode) throws ErrnoException;

    void removeAttribute(Descriptor any, byte[] name) throws ErrnoException;

    // ---- locks; they belong to the open file, and end with its descriptor ----

    /** Locks a range if nobody is in the way. */
    boolean lock(Descriptor file, HostLock lock) throws ErrnoException;

    void unlock(Descriptor file, long start, long end) throws ErrnoException;

    /** A lock that would be in the way. */
    Optional<HostLock> conflicting(Descriptor file, HostLock lock) throws ErrnoException;

    /** BSD's flock, if nobody is in the way. */
    boolean lockWhole(Descriptor file, boolean exclusive) throws ErrnoException;

    void unlockWhole(Descriptor file) throws ErrnoException;
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * Files as a frontend sees them: a tree of numbered nodes, and open handles. Protocols are thin layers over it.
 *
 * <p>A node's number is valid from the {@link Entry} that gave it until all its lookups have been forgotten; the root's
 * always is. A handle's number is valid until its release. A number that is not valid fails with ESTALE for nodes and
 * EBADF for handles, whatever number it is. All that fails, fails with an {@link dev.thaw.devices.host.ErrnoException},
 * whose errno is what the guest's kernel would give its programs.
 *
 * <p>Thread-safe; each call may block on the host's file system. Names are checked when they are made, so none of them leads
 * out of a folder. Symlinks are the guest's business: they are read, and never followed.
 */
public interface FileTree extends AutoCloseable {
    /** The folder that is shared. */
    long ROOT = 1;

    /** The position behind the last entry of any listing. Below 2^31, as there are programs that take no more. */
    long END = Integer.MAX_VALUE;

    // ---- nodes ----

    /**
     * Looks a name up.
     *
     * @throws dev.thaw.devices.host.ErrnoException ENOENT if there is none; the guest may remember that, as {@link
     *     HostChanges#entry} tells if it changes
     */
    Entry lookup(long parent, Name name) throws IOException;

    /** Gives lookups back; more than were given are as many as were given. Never fails. */
    void forget(long node, long lookups);

    /**
     * Attributes as they are now.
     *
     * @param handle one of the node's, or 0: then any that is open serves if the node has lost its last name
     */
    Attributes attributes(long node, long handle) throws IOException;

    /** Changes attributes and gives what they are then. The guest's kernel has checked permissions; this does not. */
    Attributes change(long node, long handle, AttributeChanges changes) throws IOException;

    /** Where a symlink points, as it was written. */
    byte[] readSymlink(long node) throws IOException;

    // ---- names ----

    Entry makeSymlink(long parent, Name name, byte[] target, Caller caller) throws IOException;

    /**
     * Makes a file, a FIFO or a socket.
     *
     * @throws dev.thaw.devices.host.ErrnoException EPERM for devices
     */
    Entry makeNode(long parent, Name name, FileKind kind, int permissions, Caller caller) throws IOException;

    Entry makeFolder(long parent, Name name, int permissions, Caller caller) throws IOException;

    /** One more name for a file. */
    Entry link(long node, long newParent, Name newName) throws IOException;

    void unlink(long parent, Name name) throws IOException;

    void removeFolder(long parent, Name name) throws IOException;

    void rename(long parent, Name name, long newParent, Name newName, RenameMode mode) throws IOException;

    /** What happens to a node that has the new name already. */
    enum RenameMode {
        /** It loses it. */
        REPLACE,
        /** The rename fails with EEXIST. */
        NO_REPLACE,
        /** It gets the old name; without it the rename fails with ENOENT. */
        EXCHANGE
    }

    // ---- files ----

    Opened open(long node, OpenMode mode) throws IOException;

    /**
     * Opens a file that this makes if it is not there.
     *
     * @param exclusive fail with EEXIST if it is there
     */
    Created create(long parent, Name name, int permissions, boolean exclusive, OpenMode mode, Caller caller)
            throws IOException;

    /** What a name leads to, and the file opened. */
    record Created(Entry entry, Opened opened) {}

    /**
     * Reads up to the buffer's limit, less only at the file's end.
     *
     * @return how many bytes, 0 at the end
     */
    int read(long handle, long offset, ByteBuffer target) throws IOException;

    /**
     * As {@link #read}, if that takes no waiting for a disk.
     *
     * @return -1 if it would
     */
    int readNow(long handle, long offset, ByteBuffer target) throws IOException;

    /** Writes all of it, or fails; what was written before a failure is told as written. */
    int write(long handle, long offset, ByteBuffer data) throws IOException;

    /** A descriptor of the handle was closed in the guest: gives up the owner's POSIX locks. */
    void flush(long handle, long lockOwner) throws IOException;

    /** Makes what was written lasting, for folders as well. */
    void sync(long handle, boolean dataOnly) throws IOException;

    /** Closes a handle of a file or a folder. Never fails for a valid handle; what is under way on it ends first. */
    void release(long handle) throws IOException;

    /**
     * Looks for data or for a hole from an offset on.
     *
     * @param hole look for a hole, else for data
     * @throws dev.thaw.devices.host.ErrnoException ENXIO if there is none from there on
     */
    long seek(long handle, long offset, boolean hole) throws IOException;

    /**
     * Allocates, or gives back.
     *
     * @param mode Linux's FALLOC_FL_* flags; what the host can't do is EOPNOTSUPP
     */
    void allocate(long handle, int mode, long offset, long length) throws IOException;

    /** Copies without the bytes' travelling through this process where the host can. Gives how many, 0 at the end. */
    long copyRange(long from, long fromOffset, long to, long toOffset, long length) throws IOException;

    // ---- folders ----

    /** Opens a listing; {@link #release} ends it. */
    Opened openFolder(long node) throws IOException;

    /**
     * Lists a folder as it was when position 0 was last asked for, without quadratic cost. Behind its last entry is the position {@link
     * #END}, from which there is nothing, so that frontends needn't ask.
     *
     * @param position 0 for the beginning, else one that the listing has given
     */
    void list(long handle, long position, boolean withAttributes, EntrySink sink) throws IOException;

    // ---- extended attributes ----

    /**
     * The value of one.
     *
     * @throws dev.thaw.devices.host.ErrnoException ENODATA if there is none; EOPNOTSUPP for namespaces other than {@code user.}
     */
    byte[] extendedAttribute(long node, Name name) throws IOException;

    List<Name> extendedAttributes(long node) throws IOException;

    /**
     * Sets one.
     *
     * @param mode XATTR_CREATE (1) or XATTR_REPLACE (2) of Linux's sys/xattr.h, or 0
     */
    void setExtendedAttribute(long node, Name name, byte[] value, int mode) throws IOException;

    void removeExtendedAttribute(long node, Name name) throws IOException;

    // ---- locks ----

    /** A lock that is in the way of this one. */
    Optional<FileLock> conflicting(long handle, FileLock lock) throws IOException;

    /**
     * Locks or unlocks without waiting.
     *
     * @return whether it could be done
     */
    boolean tryLock(long handle, FileLock lock) throws IOException;

    /**
     * Has something run when a lock that may have been in the way has gone, once, or after some time in any case: locks of
     * the host's own processes give no word. At once for a handle that is not valid: trying again says so.
     *
     * @return cancels it
     */
    Runnable onUnlock(long handle, Runnable action);

    // ---- the rest ----

    Space space() throws IOException;

    /** Whose reads, writes and cached things there are; cheap. */
    FileCounters counters();

    /** Ends all handles. What is under way ends first. */
    @Override
    void close() throws IOException;
}

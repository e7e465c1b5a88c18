// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.host.HostFiles;
import dev.thaw.devices.host.HostStat;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Lists folders. A position is the number of entries before it, with {@code .} and {@code ..} the first two; behind the last one it is the end. */
final class ListOperations {
    private static final int DOTS = 2;
    private static final byte[] DOT = {'.'};
    private static final byte[] DOT_DOT = {'.', '.'};

    private final Share share;
    private final HostFiles files;
    private final Listings listings;
    private final AtomicLong bytes = new AtomicLong();

    ListOperations(Share share) {
        this.share = share;
        this.files = share.files;
        this.listings = new Listings(share.files, share.counters);
    }

    void list(long number, long position, boolean withAttributes, EntrySink sink) throws IOException {
        Handle handle = share.handles.holdFolder(number);
        try {
            if (position == FileTree.END) {
                return;
            }
            Listing listing = listing(handle, position);
            if (position < 0 || position > listing.count() + DOTS) {
                throw new ErrnoException(Errno.EINVAL, "list", "position " + position);
            }
            boolean more = true;
            for (int at = (int) position; more && at < listing.count() + DOTS; at++) {
                long next = at + 1 == listing.count() + DOTS ? FileTree.END : at + 1;
                more = at < DOTS
                        ? dots(handle, at, next, sink)
                        : entry(handle, listing, at, next, withAttributes, sink);
            }
        } finally {
            handle.letGo();
        }
    }

    private Listing listing(Handle handle, long position) throws ErrnoException {
        Listing listing = handle.listing;
        if (position == 0 || listing == null) {
            Listing fresh = listings.read(handle);
            synchronized (handle) {
                forgetLocked(handle);
                if (bytes.addAndGet(fresh.bytes()) > share.options.maxListingBytes()) {
                    bytes.addAndGet(-fresh.bytes());
                    throw new ErrnoException(
                            Errno.ENOMEM, "list", "more than " + share.options.maxListingBytes() + " bytes of names");
                }
                handle.listing = fresh;
            }
            return fresh;
        }
        return listing;
    }

    /** The handle has been closed. */
    void forget(Handle handle) {
        synchronized (handle) {
            forgetLocked(handle);
        }
    }

    private void forgetLocked(Handle handle) {
        if (handle.listing != null) {
            bytes.addAndGet(-handle.listing.bytes());
            handle.listing = null;
        }
    }

    private boolean dots(Handle handle, int at, long next, EntrySink sink) throws IOException {
        Node node = handle.node;
        List<Node.Link> links = node.links;
        Node shown = at == 0 || links.isEmpty() ? node : links.get(0).parent();
        return sink.take(at == 0 ? DOT : DOT_DOT, share.inode(shown), FileKind.FOLDER, next, null);
    }

    private boolean entry(Handle handle, Listing listing, int at, long next, boolean withAttributes, EntrySink sink)
            throws IOException {
        int index = at - DOTS;
        byte[] name = listing.name(index);
        FileKind kind = FileKind.ofMode(listing.kind(index));
        if (kind == null) {
            HostStat stat = statOrNull(handle, name);
            if (stat == null) {
                return true;
            }
            kind = Share.kind(stat);
        }
        long inode = share.inode(handle.node, listing.inode(index));
        return sink.take(name, inode, kind, next, withAttributes ? () -> look(handle, name) : null);
    }

    private Entry look(Handle handle, byte[] name) throws ErrnoException {
        try {
            return share.enter(handle.node, handle.descriptor, Name.of(name));
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                return null;
            }
            throw e;
        }
    }

    private HostStat statOrNull(Handle handle, byte[] name) throws ErrnoException {
        try {
            return files.stat(handle.descriptor, name);
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                return null;
            }
            throw e;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.FileTree;
import dev.thaw.devices.folder.Opened;
import dev.thaw.devices.host.Errno;
import dev.thaw.devices.host.ErrnoException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Listings of folders. Thread-safe. */
final class FolderOperations {
    private static final Logger log = LoggerFactory.getLogger(FolderOperations.class);

    private final FileTree tree;
    private final Lifetimes lifetimes;

    FolderOperations(FileTree tree, Lifetimes lifetimes) {
        this.tree = tree;
        this.lifetimes = lifetimes;
    }

    /**
     * The guest may keep the listing of a folder that is watched, and goes on with the one that it has if the core says
     * so. An invalidation alone would not do: the kernel adds a page of a reply that crossed it on the way to its cache
     * afterwards, so that the next opening has to tell that what was listed is old.
     */
    void open(FuseCall call) throws IOException {
        Opened opened = tree.openFolder(call.node());
        boolean watched = lifetimes.watched().test(call.node());
        int flags = (watched ? FuseReplies.OpenOut.CACHE_FOLDER : 0)
                | (watched && opened.keepCache() ? FuseReplies.OpenOut.KEEP_CACHE : 0);
        ByteBuffer room = FuseCall.room(FuseReplies.OpenOut.SIZE);
        new FuseReplies.OpenOut(opened.handle(), flags).put(room, FuseOutHeader.SIZE);
        call.reply(room);
    }

    void list(FuseCall call, FolderRequest.Listing request) throws IOException {
        if (request.length() <= 0 || request.length() > FuseOptions.MAX_IO_BYTES) {
            String bytes = Integer.toUnsignedString(request.length());
            throw new ErrnoException(Errno.EINVAL, "readdir", "of " + bytes + " bytes");
        }
        ByteBuffer page = call.data(request.length());
        ListingPage entries = new ListingPage(page, call.node(), lifetimes, request.withAttributes());
        try {
            tree.list(request.handle(), request.position(), request.withAttributes(), entries);
        } catch (IOException e) {
            if (entries.isEmpty()) {
                throw e;
            }
            // Nodes that are in the page have been looked up for the guest, so it must get them. It meets the failure
            // again.
            log.debug("{}: a listing ends early", call, e);
        }
        if (entries.isEmpty() && entries.isFull()) {
            throw new ErrnoException(
                    Errno.EINVAL, "readdir", "of " + request.length() + " bytes: no room for one entry");
        }
        call.reply(page);
    }
}

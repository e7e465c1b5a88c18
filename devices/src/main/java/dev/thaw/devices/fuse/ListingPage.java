// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.folder.Entry;
import dev.thaw.devices.folder.EntrySink;
import dev.thaw.devices.folder.FileKind;
import dev.thaw.devices.host.ErrnoException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts entries of a folder into a reply, one after the other, as long as there is room. With attributes each is a
 * fuse_direntplus, which is a fuse_entry_out and a fuse_dirent. Source: linux/fuse.h. Not thread-safe.
 */
final class ListingPage implements EntrySink {
    private static final Logger log = LoggerFactory.getLogger(ListingPage.class);

    private final ByteBuffer page;
    private final int start;
    private final long parent;
    private final Lifetimes lifetimes;
    private final boolean withAttributes;
    private boolean full;

    ListingPage(ByteBuffer page, long parent, Lifetimes lifetimes, boolean withAttributes) {
        this.page = page;
        this.start = page.position();
        this.parent = parent;
        this.lifetimes = lifetimes;
        this.withAttributes = withAttributes;
    }

    boolean isEmpty() {
        return page.position() == start;
    }

    /** Whether an entry was turned away. */
    boolean isFull() {
        return full;
    }

    /** Room is looked for first: an entry that was looked up has to reach the guest, which will forget it. */
    @Override
    public boolean take(byte[] name, long inode, FileKind kind, long position, Looker looker) throws IOException {
        int bytes = (withAttributes ? FuseEntryOut.SIZE : 0) + FuseDirent.bytes(name);
        if (bytes > page.remaining()) {
            full = true;
            return false;
        }
        if (!withAttributes || looker == null) {
            put(bytes, null, new FuseDirent(inode, position, kind, name));
            return true;
        }
        try {
            Entry entry = looker.look();
            if (entry != null) {
                FileKind kindNow = entry.attributes().kind();
                put(bytes, entry, new FuseDirent(entry.attributes().inode(), position, kindNow, name));
            }
        } catch (ErrnoException e) {
            // The name is there. Whoever wants more of it looks it up and is told what is wrong.
            log.debug("lookup for a listing", e);
            put(bytes, null, new FuseDirent(inode, position, kind, name));
        }
        return true;
    }

    private void put(int bytes, Entry entry, FuseDirent dirent) {
        int at = page.position();
        for (int i = at; i < at + bytes; i++) {
            page.put(i, (byte) 0);
        }
        if (entry != null) {
            lifetimes.entry(parent, entry).put(page, at);
        }
        dirent.put(page, withAttributes ? at + FuseEntryOut.SIZE : at);
        page.position(at + bytes);
    }
}

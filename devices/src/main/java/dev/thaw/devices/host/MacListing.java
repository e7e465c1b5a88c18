// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.host;

import com.sun.jna.Pointer;

/** Lists folders on macOS, entry by entry. Not verified. Source: readdir(3) and sys/dirent.h. */
final class MacListing {
    /** struct dirent with inode numbers of 64 bits. */
    private static final int INODE = 0, NAME_LENGTH = 18, TYPE = 20, NAME = 21;

    private final Checked checked;

    MacListing(Checked checked) {
        this.checked = checked;
    }

    void list(Descriptor listing, HostEntries entries) throws ErrnoException {
        int copy;
        do {
            copy = MacLibC.dup(listing.number()); // the stream closes its descriptor
        } while (copy < 0 && checked.again("dup", "descriptor " + listing.number()));
        long stream = MacLibC.fdopendir(copy);
        if (stream == 0) {
            Errno reason = checked.reason();
            PosixLibC.close(copy);
            throw new ErrnoException(reason, "fdopendir", "descriptor " + listing.number());
        }
        try {
            MacLibC.rewinddir(stream);
            for (long at = MacLibC.readdir(stream); at != 0; at = MacLibC.readdir(stream)) {
                take(new Pointer(at), entries);
            }
        } finally {
            MacLibC.closedir(stream);
        }
    }

    private static void take(Pointer entry, HostEntries entries) throws ErrnoException {
        int length = Short.toUnsignedInt(entry.getShort(NAME_LENGTH));
        byte[] name = entry.getByteArray(NAME, length);
        boolean dots = length > 0 && name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.'));
        if (!dots) {
            entries.take(name, 0, length, entry.getLong(INODE), entry.getByte(TYPE) << 12);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

/** Takes the entries of a folder one by one. */
public interface EntrySink {
    /**
     * Takes one entry, or tells that there is no room for it.
     *
     * @param name as bytes, as {@code .} and {@code ..} are among them
     * @param inode as in attributes, where the host tells it without being asked for more; 0 if not
     * @param position that a listing continues from after this entry, never 0
     * @param looker gives the entry with its attributes, and one lookup with it; null for {@code .} and {@code ..}, and
     *     where no attributes were asked for
     * @return whether there is room for more; if not, this entry was not taken
     */
    boolean take(byte[] name, long inode, FileKind kind, long position, Looker looker) throws java.io.IOException;

    /** Looks an entry of a listing up. */
    interface Looker {
        /** Null if it has gone meanwhile. */
        Entry look() throws java.io.IOException;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

/**
 * Is told what a guest may have cached and is not true any more. May be called from any thread, in the order of the
 * changes, and must not block.
 */
public interface HostChanges {
    /** For a length: to the end of the file, whatever comes. */
    long TO_END = -1;

    /** Data of a file or the entries of a folder, and attributes. */
    void data(long node, long offset, long length);

    /** Attributes alone. */
    void attributes(long node);

    /** What a name leads to, or that it leads nowhere. */
    void entry(long parent, Name name);

    /** A name that led to this node and is gone. */
    void deleted(long parent, long node, Name name);
}

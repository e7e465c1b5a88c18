// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.watch;

import dev.thaw.devices.folder.Name;

/**
 * A change that was seen. The kernel makes one of equal events that follow each other.
 *
 * @param key whoever asked for the watch chose it
 * @param name of the entry in a watched folder; null for what is watched itself
 * @param folder whether it happened to a folder
 * @param cookie of moves, the same for both sides, of which one may be where nobody watches; else 0
 */
public record WatchEvent<K>(K key, Kind kind, Name name, boolean folder, int cookie) {
    /** What happened. */
    public enum Kind {
        CREATED,
        DELETED,
        MOVED_FROM,
        MOVED_TO,
        /** Its data: written, truncated or mapped and synced by a call. Stores to mapped memory alone are not seen. */
        MODIFIED,
        /** Its attributes, its number of names, or an extended attribute. */
        ATTRIBUTES,
        /** What is watched has gone, and the watch with it. */
        SELF_DELETED,
        /** What is watched has another name or another folder, and is watched further. */
        SELF_MOVED,
        /** What is watched can't be reached any more, and the watch has ended. */
        UNMOUNTED
    }
}

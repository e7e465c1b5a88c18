// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.tree;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What stat and getxattr say of an inode. Values of the map must not be changed.
 *
 * @param permissions the lower 12 bits of the mode
 * @param uid owner, unsigned
 * @param gid group, unsigned
 * @param mtimeSeconds modification time, seconds of Unix time, may be negative
 * @param mtimeNanos 0 to 999999999
 * @param xattrs full name, such as {@code security.capability}, to value
 */
public record Attributes(
        int permissions, int uid, int gid, long mtimeSeconds, int mtimeNanos, SortedMap<String, byte[]> xattrs) {
    /** Of folders that no layer has an entry for: root's, 0755, of the epoch. */
    public static final Attributes IMPLIED = new Attributes(0755, 0, 0, 0, 0, Collections.emptySortedMap());

    public Attributes {
        if ((permissions & ~07777) != 0 || mtimeNanos < 0 || mtimeNanos > 999_999_999) {
            throw new IllegalArgumentException("permissions " + permissions + ", nanoseconds " + mtimeNanos);
        }
        xattrs = xattrs.isEmpty()
                ? Collections.emptySortedMap()
                : Collections.unmodifiableSortedMap(new TreeMap<>((Map<String, byte[]>) xattrs));
    }
}

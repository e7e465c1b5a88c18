// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing.erofs;

import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** A disk's entries in the words of {@link dev.thaw.image.testing.Listing}. */
public final class ErofsListing {
    private ErofsListing() {}

    /** Path to line. */
    public static SortedMap<String, String> lines(SortedMap<String, ErofsEntry> entries) {
        Map<Long, String> firstPaths = new HashMap<>();
        SortedMap<String, String> lines = new TreeMap<>();
        entries.forEach((absolute, entry) -> {
            String path = absolute.equals("/") ? "." : "." + absolute;
            lines.put(path, entry.line(firstPaths.computeIfAbsent(entry.nid(), nid -> path)));
        });
        return lines;
    }
}

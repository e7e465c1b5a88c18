// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.erofs;

import dev.thaw.image.Digest;
import dev.thaw.image.tree.ByteRegion;
import dev.thaw.image.tree.FileContent;
import dev.thaw.image.tree.InodeType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds files with the same content and lets them share their blocks; they stay inodes of their own. A tail that is
 * inlined stays with its inode.
 *
 * <p>Only files of the same length are read, and of these only those that have blocks and are not all from one disk, which
 * tells without that. Which one owns the blocks depends on the order of the inodes alone. Used once, by one thread.
 */
final class SharedContents {
    private static final int CHUNK = 1 << 18;

    private final byte[] chunk = new byte[CHUNK];
    private final MessageDigest hash = Digest.newSha256();

    /** Looks for them among these inodes, whose inlined bytes are known. The first of each kind owns the blocks. */
    void share(List<PlannedInode> inodes) throws IOException {
        List<PlannedInode> bySize = inodes.stream()
                .filter(p -> p.inode.type() == InodeType.REGULAR && p.blockBytes() > 0)
                .sorted(Comparator.comparingLong(p -> p.size)) // stable, so the order of the inodes stays
                .toList();
        int from = 0;
        while (from < bySize.size()) {
            int to = from + 1;
            while (to < bySize.size() && bySize.get(to).size == bySize.get(from).size) {
                to++;
            }
            if (to - from > 1) {
                shareAmong(bySize.subList(from, to));
            }
            from = to;
        }
    }

    private void shareAmong(List<PlannedInode> sameSize) throws IOException {
        Map<Object, PlannedInode> owners = new HashMap<>();
        Map<FileContent.Place, ByteBuffer> hashes = new HashMap<>();
        boolean placesSayAll = areOfOneSource(sameSize);
        for (PlannedInode planned : sameSize) {
            Optional<FileContent.Place> place = planned.inode.content().storedOnceAt();
            Object identity = placesSayAll ? place.orElseThrow() : hashOf(planned.inode.content(), place, hashes);
            PlannedInode owner = owners.putIfAbsent(identity, planned);
            if (owner != null) {
                planned.blocksOf = owner;
                // A larger inode may have no room for the tail; then the tail is in a block too.
                owner.ownBlockBytes = Math.max(owner.ownBlockBytes, planned.ownBlockBytes);
                planned.ownBlockBytes = 0;
            }
        }
    }

    /** True if the contents are on one disk that has each of them once, so that they need not be read. */
    private static boolean areOfOneSource(List<PlannedInode> sameSize) {
        ByteRegion source = null;
        for (PlannedInode planned : sameSize) {
            Optional<FileContent.Place> place = planned.inode.content().storedOnceAt();
            if (place.isEmpty() || (source != null && !source.equals(place.get().source()))) {
                return false;
            }
            source = place.get().source();
        }
        return true;
    }

    private ByteBuffer hashOf(
            FileContent content, Optional<FileContent.Place> place, Map<FileContent.Place, ByteBuffer> hashes)
            throws IOException {
        ByteBuffer known = place.map(hashes::get).orElse(null);
        if (known != null) {
            return known;
        }
        ByteBuffer computed = ByteBuffer.wrap(hashOf(content));
        place.ifPresent(p -> hashes.put(p, computed));
        return computed;
    }

    private byte[] hashOf(FileContent content) throws IOException {
        for (long at = 0; at < content.size(); at += chunk.length) {
            int n = (int) Math.min(chunk.length, content.size() - at);
            content.read(at, chunk, 0, n);
            hash.update(chunk, 0, n);
        }
        return hash.digest();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.erofs;

import dev.thaw.image.Digest;
import dev.thaw.image.tree.FileContent;
import dev.thaw.image.tree.InodeType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds files with the same content and lets them share their blocks; they stay inodes of their own. A tail that is
 * inlined stays with its inode.
 *
 * <p>Only files of the same length are read, and of these only those that have blocks. Which one owns the blocks depends
 * on the order of the inodes alone. Used once, by one thread.
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
        Map<ByteBuffer, PlannedInode> owners = new HashMap<>();
        for (PlannedInode planned : sameSize) {
            PlannedInode owner = owners.putIfAbsent(ByteBuffer.wrap(hashOf(planned.inode.content())), planned);
            if (owner != null) {
                planned.blocksOf = owner;
                // A larger inode may have no room for the tail; then the tail is in a block too.
                owner.ownBlockBytes = Math.max(owner.ownBlockBytes, planned.ownBlockBytes);
                planned.ownBlockBytes = 0;
            }
        }
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

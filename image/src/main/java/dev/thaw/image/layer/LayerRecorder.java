// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import dev.thaw.image.Digest;
import dev.thaw.image.erofs.ContentPlaces;
import dev.thaw.image.tar.TarEntry;
import dev.thaw.image.tree.FileContent;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Hands on the entries of a layer and keeps what an index says of them. Used once, by one thread.
 *
 * <p>An entry takes some 100 bytes. When the layers of an image together exceed what may be kept, there is no index: it only
 * saves time, and must not be what the heap is too small for.
 */
public final class LayerRecorder implements EntrySource {
    private static final int PIECES_BYTES = 1 + Integer.BYTES + 2 * FileContent.LONGS_PER_PIECE * Long.BYTES;

    /** How much all recorders of an image may still keep. Confined to one thread. */
    public static final class Room {
        private static final int MOST_BYTES = 1 << 25, SHARE_OF_HEAP = 16;

        private long bytesLeft = Math.min(MOST_BYTES, Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);
    }

    private final Digest diffId;
    private final EntrySource source;
    private final Room room;
    private final List<FileContent> contents = new ArrayList<>();
    private ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private DataOutputStream out = new DataOutputStream(bytes);

    public LayerRecorder(Digest diffId, EntrySource source, Room room) {
        this.diffId = diffId;
        this.source = source;
        this.room = room;
    }

    @Override
    public TarEntry next() throws IOException {
        TarEntry entry = source.next();
        if (entry == null) {
            return null;
        }
        if (entry.content().size() > 0) {
            contents.add(entry.content());
        }
        record(entry);
        return entry;
    }

    private void record(TarEntry entry) throws IOException {
        if (room.bytesLeft >= 0) {
            int before = bytes.size();
            IndexedEntries.write(entry, out);
            room.bytesLeft -= bytes.size() - before;
        } else if (bytes.size() > 0) {
            bytes = new ByteArrayOutputStream(); // gives back what the other one had
            out = new DataOutputStream(bytes);
        }
    }

    /** The layer's. */
    public Digest diffId() {
        return diffId;
    }

    /** Whether one of these contents, and not just one like it, is of this layer. */
    public boolean hasAnyOf(Set<FileContent> identities) {
        return !identities.isEmpty() && contents.stream().anyMatch(identities::contains);
    }

    /** The index of the layer, all of whose entries have been handed on; empty if it would be too large. */
    public Optional<LayerIndex> index(IndexedDisk disk, ContentPlaces places) throws IOException {
        long most = (long) bytes.size() + (long) contents.size() * PIECES_BYTES + (1 << 10);
        if (room.bytesLeft < 0 || most > LayerIndex.MAX_BYTES) {
            return Optional.empty();
        }
        ByteArrayOutputStream where = new ByteArrayOutputStream(contents.size() * PIECES_BYTES);
        int absent = 0;
        try (DataOutputStream pieces = new DataOutputStream(where)) {
            for (FileContent content : contents) {
                absent += places.piecesOf(content) == null ? 1 : 0;
                IndexedEntries.writePlace(content, places, pieces);
            }
        }
        return Optional.of(new LayerIndex(
                diffId, disk, absent, ByteBuffer.wrap(bytes.toByteArray()), ByteBuffer.wrap(where.toByteArray())));
    }
}

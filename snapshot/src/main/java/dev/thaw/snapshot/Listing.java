// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.disk.FileState;
import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The manifests of a store, read before the store's lock is taken: with it, only those are read again that have come or have
 * been replaced since. For one thread.
 */
final class Listing {
    private final StoreFolder store;
    private final Shelf shelf;
    private final Map<Path, Entry> known = new HashMap<>();

    /** What was read, and the state that the file had before. Manifests are replaced, and never written to. */
    private record Entry(FileState state, Optional<Snapshot> snapshot) {}

    /** Is told of files among the manifests that are none of this version. */
    interface Strays {
        void found(Path file) throws IOException;
    }

    private Listing(StoreFolder store, Shelf shelf) {
        this.store = store;
        this.shelf = shelf;
    }

    static Listing of(StoreFolder store, Shelf shelf) throws IOException {
        Listing listing = new Listing(store, shelf);
        listing.update(stray -> {});
        return listing;
    }

    /** What was there at the last look. */
    List<Snapshot> read() {
        return known.values().stream()
                .flatMap(entry -> entry.snapshot().stream())
                .toList();
    }

    /** What is there now; with the lock, nothing comes meanwhile. */
    Map<SnapshotId, Snapshot> nowLocked(Strays strays) throws IOException {
        return update(strays);
    }

    private Map<SnapshotId, Snapshot> update(Strays strays) throws IOException {
        Map<SnapshotId, Snapshot> there = new LinkedHashMap<>();
        for (Path file : PrivateFiles.list(store.manifests())) {
            Optional<FileState> state = FileState.find(file);
            if (state.isPresent()) {
                Optional<Snapshot> snapshot = snapshot(file, state.get());
                snapshot.ifPresent(found -> there.put(found.id(), found));
                if (snapshot.isEmpty()) {
                    strays.found(file);
                }
            }
        }
        return there;
    }

    private Optional<Snapshot> snapshot(Path file, FileState state) throws IOException {
        Entry entry = known.get(file);
        if (entry == null || !entry.state().equals(state)) {
            entry = new Entry(state, shelf.read(file));
            known.put(file, entry);
        }
        return entry.snapshot();
    }
}

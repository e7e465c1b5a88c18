// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.blob.BlobFolder;
import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Tells what is in a store and who keeps it there. Changes nothing and takes no lock. Thread-safe. */
final class Inventory {
    private final StoreFolder store;
    private final Shelf shelf;
    private final BlobFolder blobs;

    Inventory(StoreFolder store, Shelf shelf) {
        this.store = store;
        this.shelf = shelf;
        this.blobs = store.blobs();
    }

    List<SnapshotStatus> take() throws IOException {
        List<Snapshot> snapshots = shelf.list();
        Map<Blob, Integer> references = references(snapshots);
        List<LeaseRecord> leases = LeaseFolder.live(store.leases()).leases();
        List<SnapshotStatus> all = new ArrayList<>();
        for (Snapshot snapshot : snapshots) {
            all.add(new SnapshotStatus(
                    snapshot,
                    shelf.lastUse(snapshot),
                    Files.exists(store.pin(snapshot.id()), LinkOption.NOFOLLOW_LINKS),
                    users(snapshot, leases),
                    ownBytes(snapshot, references)));
        }
        return all;
    }

    /** In how many snapshots each blob is. */
    static Map<Blob, Integer> references(Collection<Snapshot> snapshots) {
        Map<Blob, Integer> references = new HashMap<>();
        for (Snapshot snapshot : snapshots) {
            for (Blob blob : Set.copyOf(snapshot.manifest().files().values())) {
                references.merge(blob, 1, Integer::sum);
            }
        }
        return references;
    }

    private static List<SnapshotStatus.User> users(Snapshot snapshot, List<LeaseRecord> leases) {
        return leases.stream()
                .filter(lease -> lease.snapshots().contains(snapshot.id()))
                .map(lease ->
                        new SnapshotStatus.User(lease.ownerPid(), lease.info().purpose()))
                .toList();
    }

    private long ownBytes(Snapshot snapshot, Map<Blob, Integer> references) throws IOException {
        long bytes = 0;
        for (Blob blob : Set.copyOf(snapshot.manifest().files().values())) {
            bytes += references.get(blob) == 1 ? blobs.dataBytes(blob) : 0;
        }
        return bytes;
    }

    /** A sentence for each manifest that is damaged. One of another version is a miss, and no damage. */
    List<String> damagedManifests() throws IOException {
        List<String> damaged = new ArrayList<>();
        for (Path file : PrivateFiles.list(store.manifests())) {
            shelf.damage(file).ifPresent(damaged::add);
        }
        return damaged;
    }
}

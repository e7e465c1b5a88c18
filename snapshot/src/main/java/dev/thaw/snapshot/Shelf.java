// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The published snapshots. Reading needs no lock; whoever changes a key's place holds the key's bake lock. */
final class Shelf {
    private static final Logger LOG = LoggerFactory.getLogger(Shelf.class);

    private final StoreFolder store;

    Shelf(StoreFolder store) {
        this.store = store;
    }

    /** Looks without changing anything. Reads files as a whole only if a seal is broken. */
    Look look(BakeKey key) throws IOException {
        Path folder = store.snapshot(key.sha256());
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            return new Look.Missing();
        }
        Path manifest = folder.resolve(Snapshot.MANIFEST);
        ManifestFile.Decoded decoded;
        try {
            decoded = ManifestFile.read(manifest);
        } catch (NoSuchFileException e) {
            return new Look.Damaged(List.of(e.getMessage() + " is missing"));
        } catch (ManifestFile.MalformedManifestException e) {
            return new Look.Damaged(List.of(manifest + ": " + e.getMessage()));
        } catch (IOException e) {
            return new Look.Damaged(List.of(Failures.ofFile(manifest, e)));
        }
        if (decoded instanceof ManifestFile.Decoded.OtherVersion other) {
            return new Look.OtherVersion(other.found());
        }
        Snapshot snapshot = new Snapshot(folder, ((ManifestFile.Decoded.Current) decoded).manifest());
        try {
            return look(key, snapshot);
        } catch (IOException e) {
            return new Look.Damaged(List.of(Failures.ofFile(folder, e)));
        }
    }

    private static Look look(BakeKey key, Snapshot snapshot) throws IOException {
        if (!snapshot.key().equals(key)) {
            return new Look.Damaged(List.of(snapshot.folder() + " holds the snapshot of another key, "
                    + snapshot.key().sha256()));
        }
        SealedFile memory = snapshot.manifest().memory();
        SealedFile deviceState = snapshot.manifest().deviceState();
        if (Seals.isUnbroken(snapshot.memory(), memory) && Seals.isUnbroken(snapshot.deviceState(), deviceState)) {
            return new Look.Sealed(snapshot);
        }
        return lookInDoubt(snapshot);
    }

    private static Look lookInDoubt(Snapshot snapshot) throws IOException {
        Manifest manifest = snapshot.manifest();
        // Sealed before it is read: what is written meanwhile breaks the new seal.
        Optional<Seals.State> memory = Seals.state(snapshot.memory());
        Optional<Seals.State> deviceState = Seals.state(snapshot.deviceState());
        List<String> problems = damage(snapshot);
        if (!problems.isEmpty() || memory.isEmpty() || deviceState.isEmpty()) {
            return new Look.Damaged(
                    problems.isEmpty() ? List.of("its files came while they were looked at") : problems);
        }
        Manifest resealed = manifest.withFiles(
                reseal(manifest.memory(), memory.get()), reseal(manifest.deviceState(), deviceState.get()));
        return new Look.Resealable(new Snapshot(snapshot.folder(), resealed));
    }

    private static SealedFile reseal(SealedFile file, Seals.State state) {
        return new SealedFile(file.lengthBytes(), file.sha256(), state.seal());
    }

    /** Reads everything; one sentence for each file that is not right. */
    static List<String> damage(Snapshot snapshot) throws IOException {
        List<String> problems = new ArrayList<>();
        Seals.damage(snapshot.memory(), snapshot.manifest().memory()).ifPresent(problems::add);
        Seals.damage(snapshot.deviceState(), snapshot.manifest().deviceState()).ifPresent(problems::add);
        return problems;
    }

    /** Whether this very snapshot is still in its place; only its seals may have been renewed since. */
    boolean isThere(Snapshot snapshot) {
        return readable(snapshot.folder())
                .filter(now ->
                        now.manifest().created().equals(snapshot.manifest().created()))
                .isPresent();
    }

    /** Writes new seals. Needs the bake lock. */
    void resealLocked(Snapshot snapshot) throws IOException {
        PrivateFiles.replace(snapshot.folder().resolve(Snapshot.MANIFEST), ManifestFile.encode(snapshot.manifest()));
    }

    /** All snapshots of this version, whether their files are right or not. */
    List<Snapshot> list() throws IOException {
        List<Snapshot> snapshots = new ArrayList<>();
        for (Path folder : PrivateFiles.list(store.snapshots())) {
            readable(folder).ifPresent(snapshots::add);
        }
        return snapshots;
    }

    private static Optional<Snapshot> readable(Path folder) {
        try {
            return ManifestFile.read(folder.resolve(Snapshot.MANIFEST)) instanceof ManifestFile.Decoded.Current current
                    ? Optional.of(new Snapshot(folder, current.manifest()))
                    : Optional.empty();
        } catch (IOException e) {
            // Damaged, or removed at this moment: whoever wants the key finds out and mends it.
            LOG.debug("{} is not listed", folder, e);
            return Optional.empty();
        }
    }
}

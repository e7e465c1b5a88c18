// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.blob.BlobFolder;
import dev.thaw.snapshot.disk.FileState;
import dev.thaw.snapshot.disk.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleConsumer;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The published snapshots. Reading needs no lock; whoever changes a snapshot's place holds its bake lock. */
final class Shelf {
    private static final Logger LOG = LoggerFactory.getLogger(Shelf.class);
    private static final String SUFFIX = ".json";

    private final StoreFolder store;
    private final BlobFolder blobs;

    Shelf(StoreFolder store) {
        this.store = store;
        this.blobs = store.blobs();
    }

    /** Looks. Reads large blobs as a whole only if a seal is broken, and renews the seal if they are right. */
    Look look(SnapshotId id) throws IOException {
        Path manifest = store.manifest(id);
        if (!Files.exists(manifest, LinkOption.NOFOLLOW_LINKS)) {
            return new Look.Missing();
        }
        ManifestFile.Decoded decoded;
        try {
            decoded = ManifestFile.read(manifest);
        } catch (NoSuchFileException e) {
            return new Look.Missing(); // removed at this moment
        } catch (ManifestFile.MalformedManifestException e) {
            return Look.Damaged.manifest(manifest + ": " + e.getMessage());
        } catch (IOException e) {
            return Look.Damaged.manifest(Failures.ofFile(manifest, e));
        }
        if (decoded instanceof ManifestFile.Decoded.OtherVersion other) {
            return new Look.OtherVersion(other.found());
        }
        return look(new Snapshot(id, ((ManifestFile.Decoded.Current) decoded).manifest(), store.root()));
    }

    private Look look(Snapshot snapshot) throws IOException {
        SnapshotId found = snapshot.manifest().id();
        if (!found.equals(snapshot.id())) {
            return Look.Damaged.manifest(store.manifest(snapshot.id()) + " holds another snapshot, " + found);
        }
        List<Blob> inDoubt = new ArrayList<>();
        for (Blob blob : snapshot.manifest().files().values()) {
            if (!isUnbroken(blob)) {
                inDoubt.add(blob);
            }
        }
        return check(snapshot, inDoubt, done -> {});
    }

    /** What can't be read is found to be so by the check. */
    private boolean isUnbroken(Blob blob) throws IOException {
        try {
            return blobs.isUnbroken(blob);
        } catch (IOException e) {
            LOG.debug("{}", Failures.ofFile(store.blob(blob), e));
            return false;
        }
    }

    /**
     * Reads all of these blobs.
     *
     * @param progress is told how much of them has been read, from 0 to 1
     */
    Look check(Snapshot snapshot, Collection<Blob> parts, DoubleConsumer progress) throws IOException {
        double total = Math.max(1, parts.stream().mapToLong(Blob::lengthBytes).sum());
        long before = 0;
        List<String> problems = new ArrayList<>();
        List<Look.Broken> damaged = new ArrayList<>();
        for (Blob blob : parts) {
            long start = before;
            Optional<FileState.Id> file = store.fileId(blob);
            Optional<String> problem = problem(blob, position -> progress.accept((start + position) / total));
            before += blob.lengthBytes();
            progress.accept(before / total);
            if (problem.isPresent()) {
                problems.add(problem.get());
                damaged.add(new Look.Broken(blob, file));
            }
        }
        return problems.isEmpty() ? new Look.Usable(snapshot) : new Look.Damaged(problems, damaged);
    }

    private Optional<String> problem(Blob blob, LongConsumer progress) throws IOException {
        try {
            return blobs.check(blob, position -> progress.accept(Math.min(position, blob.lengthBytes())));
        } catch (NoSuchFileException e) {
            return Optional.of(store.blob(blob) + " is missing");
        } catch (IOException e) {
            return Optional.of(Failures.ofFile(store.blob(blob), e));
        }
    }

    /** Whether this very snapshot is still in its place. */
    boolean isThere(Snapshot snapshot) throws IOException {
        return read(store.manifest(snapshot.id()))
                .filter(now -> now.manifest().equals(snapshot.manifest()))
                .isPresent();
    }

    /** All snapshots of this version, whether their files are right or not. */
    List<Snapshot> list() throws IOException {
        List<Snapshot> snapshots = new ArrayList<>();
        for (Path file : PrivateFiles.list(store.manifests())) {
            read(file).ifPresent(snapshots::add);
        }
        return snapshots;
    }

    /**
     * The snapshot of a manifest; empty if it is none of this version, or none of that name.
     *
     * @throws IOException if this process can't read (interrupted, out of descriptors): a sweep must not take that for a
     *     snapshot that is not there
     */
    Optional<Snapshot> read(Path file) throws IOException {
        String name = file.getFileName().toString();
        String id = name.substring(0, Math.max(0, name.length() - SUFFIX.length()));
        if (!name.endsWith(SUFFIX) || !BakeKey.isHash(id)) {
            return Optional.empty();
        }
        try {
            return ManifestFile.read(file) instanceof ManifestFile.Decoded.Current current
                    ? Optional.of(new Snapshot(new SnapshotId(id), current.manifest(), store.root()))
                            .filter(found -> found.manifest().id().equals(found.id()))
                    : Optional.empty();
        } catch (NoSuchFileException | ManifestFile.MalformedManifestException e) {
            // Damaged, or removed at this moment: whoever wants the key finds out and mends it.
            LOG.debug("{} is not listed", file, e);
            return Optional.empty();
        } catch (IOException e) {
            LOG.debug("It is not listed: {}", Failures.ofFile(file, e), e);
            return Optional.empty();
        }
    }

    /** What is wrong with a file among the manifests; empty if nothing, or if it is one of another version, or gone. */
    Optional<String> damage(Path file) throws IOException {
        String name = file.getFileName().toString();
        String id = name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
        if (!BakeKey.isHash(id)) {
            return Optional.of(file + " is not the manifest of a snapshot");
        }
        try {
            Optional<SnapshotId> found = ManifestFile.read(file) instanceof ManifestFile.Decoded.Current current
                    ? Optional.of(current.manifest().id())
                    : Optional.empty();
            return found.filter(other -> !other.sha256().equals(id))
                    .map(other -> file + " holds another snapshot, " + other);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (ManifestFile.MalformedManifestException e) {
            return Optional.of(file + ": " + e.getMessage());
        } catch (IOException e) {
            return Optional.of(Failures.ofFile(file, e));
        }
    }

    /** Notes that the snapshot is used. */
    void use(SnapshotId id) throws IOException {
        Path file = store.use(id);
        PrivateFiles.createFileIfMissing(file);
        Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
    }

    /** When it was used last, or made. */
    Instant lastUse(Snapshot snapshot) throws IOException {
        try {
            Instant noted = Files.getLastModifiedTime(store.use(snapshot.id())).toInstant();
            return noted.isAfter(snapshot.manifest().created())
                    ? noted
                    : snapshot.manifest().created();
        } catch (NoSuchFileException e) {
            return snapshot.manifest().created();
        }
    }
}

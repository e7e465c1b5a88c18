// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.dedup;

import dev.thaw.snapshot.clone.Allocation;
import dev.thaw.snapshot.clone.FileBlocks;
import dev.thaw.snapshot.disk.FileState;
import dev.thaw.snapshot.disk.Pages;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Replaces a file by a clone of another one, the canonical file, with the pages that differ written into it, or, where the
 * canonical file has them at another offset, shared from there. Thread-safe.
 *
 * <p>The result has the bytes of the file that it replaces, mode 0600, and another inode; who has the old one open or
 * mapped keeps it. It is written beside the target, synced, and renamed: after a crash the target is the old file or the
 * new one, and a later run in that folder removes what was left beside it. Whatever fails, the target stays.
 *
 * <p>Neither file may be written to meanwhile. If one is, as its inode, length, mtime and ctime tell, the run fails. The
 * canonical file is never written to.
 */
public final class Deduplicator {
    private final FileBlocks fileSystem;
    private final int threads;

    /** @param fileSystem of the folder that both files are in */
    public Deduplicator(FileBlocks fileSystem) {
        this(fileSystem, Math.min(2, Runtime.getRuntime().availableProcessors()));
    }

    Deduplicator(FileBlocks fileSystem, int threads) {
        this.fileSystem = fileSystem;
        this.threads = threads;
    }

    /**
     * Lets the target share with the canonical file what they have in common.
     *
     * @return {@link DedupResult.Replaced}, {@link DedupResult.NothingToGain}, {@link DedupResult.Refused} or
     *     {@link DedupResult.NoClones}
     * @throws IOException if the target was not replaced, and stays as it was. Only if syncing the folder after the
     *     rename failed has it been replaced, by the same bytes
     * @throws InterruptedException if the thread was interrupted, with the same consequences
     */
    public DedupResult replace(Path canonical, Path target, DedupProgress progress)
            throws IOException, InterruptedException {
        return run(canonical, target, (before, length) -> replace(canonical, target, before, length, progress));
    }

    /** A dry run: compares, counts, and writes nothing. The result is {@link DedupResult.Planned} where it would replace. */
    public DedupResult plan(Path canonical, Path target, DedupProgress progress)
            throws IOException, InterruptedException {
        return run(canonical, target, (before, length) -> {
            PageCounts counts = compare(canonical, target, length, () -> PageSink.COUNTING, progress);
            return new DedupResult.Planned(statistics(counts, length, before, estimate(counts)));
        });
    }

    /** Whether a file in a store is one that a run writes, or has left behind. */
    public static boolean isTemporary(Path file) {
        return Replacement.isReplacement(file);
    }

    /** Deletes what runs of processes that have ended left in the folder. */
    public static void clearLeftovers(Path folder) throws IOException {
        Replacement.clearLeftovers(folder);
    }

    private interface Run {
        DedupResult go(Before before, long lengthBytes) throws IOException, InterruptedException;
    }

    /** Both files as they are at the beginning. */
    private record Before(FileState canonical, FileState target, Allocation allocation) {}

    private DedupResult run(Path canonical, Path target, Run run) throws IOException, InterruptedException {
        if (!fileSystem.clones().available()) {
            return new DedupResult.NoClones(fileSystem.clones().description());
        }
        FileState canonicalState = FileState.of(canonical);
        FileState targetState = FileState.of(target);
        Optional<String> refusal = refusal(canonical, canonicalState, target, targetState);
        if (refusal.isPresent()) {
            return new DedupResult.Refused(refusal.get());
        }
        try {
            Before before = new Before(canonicalState, targetState, fileSystem.allocation(target));
            return run.go(before, targetState.lengthBytes());
        } catch (ClosedByInterruptException e) {
            // The channel was closed by it, and the flag is set still.
            InterruptedException interrupted = new InterruptedException("interrupted while " + target + " was written");
            interrupted.addSuppressed(e);
            if (Thread.interrupted()) {
                throw interrupted;
            }
            throw e;
        }
    }

    private static Optional<String> refusal(Path canonical, FileState c, Path target, FileState t) {
        String both = target + " can't share blocks with " + canonical + ": ";
        if (!c.regular() || !t.regular()) {
            return Optional.of(both + (t.regular() ? "the latter" : "the former") + " is not a regular file");
        }
        if (c.id().equals(t.id())) {
            return Optional.of(both + "they are the same file");
        }
        if (c.lengthBytes() != t.lengthBytes()) {
            return Optional.of(both + "they have " + t.lengthBytes() + " and " + c.lengthBytes() + " bytes");
        }
        return t.lengthBytes() == 0 ? Optional.of(both + "they are empty") : Optional.empty();
    }

    private DedupResult replace(Path canonical, Path target, Before before, long lengthBytes, DedupProgress progress)
            throws IOException, InterruptedException {
        Replacement.clearLeftoversBeside(target);
        try (Replacement replacement = new Replacement(target)) {
            Path file = replacement.file();
            fileSystem.cloneFile(canonical, file);
            PageCounts counts =
                    compare(canonical, target, lengthBytes, () -> PageSink.into(fileSystem, file), progress);
            replacement.sync();
            DedupStatistics statistics = statistics(counts, lengthBytes, before, allocation(file, counts));
            // The clone was taken after the first look, so it has what was compared, if nothing changed since.
            before.canonical().requireUnchanged(canonical);
            before.target().requireUnchanged(target);
            if (statistics.savedBytes() <= 0) {
                return new DedupResult.NothingToGain(statistics);
            }
            replacement.moveIntoPlace();
            return new DedupResult.Replaced(statistics);
        }
    }

    private PageCounts compare(
            Path canonical, Path target, long lengthBytes, Comparison.Sinks sinks, DedupProgress progress)
            throws IOException, InterruptedException {
        if (!fileSystem.clonesRanges()) {
            return new Comparison(fileSystem, canonical, target, lengthBytes, sinks).run(threads, progress);
        }
        MovedPages moved = new MovedPages();
        PageCounts counts = new Comparison(
                        fileSystem, canonical, target, lengthBytes, () -> moved.deferring(sinks.open()))
                .run(threads, progress);
        try (ComparedFile t = ComparedFile.open(fileSystem, target, lengthBytes);
                ComparedFile c = ComparedFile.open(fileSystem, canonical, lengthBytes);
                PageSink sink = sinks.open()) {
            return counts.withMoved(moved.place(t, c, sink));
        }
    }

    private static DedupStatistics statistics(PageCounts counts, long lengthBytes, Before before, Allocation after) {
        return new DedupStatistics(
                counts.compared(),
                counts.moved(),
                counts.written(),
                counts.punched(),
                lengthBytes,
                before.allocation(),
                after);
    }

    /** Some file systems (ZFS) don't tell what is shared. */
    private Allocation allocation(Path file, PageCounts counts) throws IOException {
        Allocation told = fileSystem.allocation(file);
        return told.sharedBytes() == 0 ? estimate(counts) : told;
    }

    private static Allocation estimate(PageCounts counts) {
        long shared = (counts.shared() + counts.moved()) * Pages.BYTES;
        return new Allocation(shared + counts.written() * Pages.BYTES, shared);
    }
}

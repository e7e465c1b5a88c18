// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.disk.Pages;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Turns what the disk says into what the caller is told. */
final class Failures {
    private Failures() {}

    /**
     * Explains what failed with one snapshot.
     *
     * @param what a verb
     */
    static SnapshotException explain(StoreFolder store, String what, SnapshotId id, IOException failure) {
        return explain(store, "Can't " + what + " snapshot " + id.abbreviated(), failure);
    }

    static SnapshotException explain(StoreFolder store, String what, IOException failure) {
        try {
            if (isDiskFull(store, failure)) {
                return new DiskFullException(what, store.root(), Pages.BYTES, freeBytes(store.root()), failure);
            }
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
        return new SnapshotException(what + " in " + store.root() + ": " + failure, failure);
    }

    /** The JDK has no type for ENOSPC and EDQUOT: it passes on the C library's words, in the user's language. */
    static boolean isDiskFull(StoreFolder store, IOException failure) throws IOException {
        return saysDiskFull(failure) || freeBytes(store.root()) < Pages.BYTES;
    }

    /** In English, which those who can do without asking the disk itself have to make do with. */
    static boolean saysDiskFull(IOException failure) {
        String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
        return message.contains("no space left") || message.contains("quota exceeded");
    }

    /**
     * What to say of a file that can't be read, by its own fault: a bad disk, a link or folder in its place.
     *
     * @throws IOException the failure, if it is this process's fault and says nothing of the file
     */
    static String ofFile(Path file, IOException failure) throws IOException {
        String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
        if (failure instanceof ClosedChannelException || message.contains("too many open files")) {
            throw failure; // interrupted, or out of descriptors
        }
        return file + " can't be read: " + failure;
    }

    static long freeBytes(Path folder) throws IOException {
        return Files.getFileStore(folder).getUsableSpace();
    }
}

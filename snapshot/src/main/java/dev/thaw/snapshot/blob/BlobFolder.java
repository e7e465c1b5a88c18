// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.blob;

import dev.thaw.snapshot.Blob;
import dev.thaw.snapshot.dedup.Deduplicator;
import dev.thaw.snapshot.disk.PrivateFiles;
import dev.thaw.snapshot.disk.Sha256;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The blobs of a store: immutable, named by their content, and put as often as you like. Beside each lies its seal, by
 * which a look finds out at no cost that nobody has touched it. Thread-safe; whoever puts or removes holds the store's lock.
 */
public final class BlobFolder {
    private static final Logger LOG = LoggerFactory.getLogger(BlobFolder.class);

    /** So short that it is read at each look, seal or no seal. */
    private static final long SMALL_BYTES = 1 << 20;

    private static final String SEAL = ".seal";
    private static final String LISTS = "chunks";
    private static final int MAX_SEAL_BYTES = 256;
    private static final Pattern NAME = Pattern.compile("[0-9a-f]{64}");

    private final Path whole;
    private final Path chunked;
    private final Path lists;

    private BlobFolder(Path root) {
        this.whole = root.resolve("blobs");
        this.chunked = root.resolve("sparse");
        this.lists = root.resolve(LISTS);
    }

    /** The blobs of a store that has been opened. */
    public static BlobFolder of(Path root) {
        return new BlobFolder(root);
    }

    /** Opens the blobs of a store, or makes the folders for them. */
    public static BlobFolder open(Path root) throws IOException {
        BlobFolder folder = of(root);
        for (Path part : List.of(folder.whole, folder.chunked, folder.lists)) {
            PrivateFiles.createFolders(part);
        }
        return folder;
    }

    /** Where the blob's content is, if it is there. */
    public Path path(Blob blob) {
        return (blob.kind() == Blob.Kind.WHOLE ? whole : chunked).resolve(blob.sha256());
    }

    /** Where the list of a chunked blob is. */
    private Path list(Blob blob) {
        return lists.resolve(blob.sha256());
    }

    /** What a file is as a whole blob. */
    public static Blob whole(Path file) throws IOException {
        return new Blob(Blob.Kind.WHOLE, Sha256.of(file), Files.size(file));
    }

    /** What a file with these chunks is. */
    public static Blob chunked(ChunkList chunks) {
        return new Blob(Blob.Kind.CHUNKED, chunks.sha256(), chunks.lengthBytes());
    }

    /**
     * Puts a file that is synced and on the store's file system: it is moved, or deleted if the blob is there already. Call
     * {@link #sync} before anything refers to the blob.
     *
     * @param dataBytes how much of it is not holes
     */
    private void put(Blob blob, Path file, long dataBytes) throws IOException {
        if (isUnbroken(blob)) {
            Files.delete(file);
            return;
        }
        Files.move(file, path(blob), StandardCopyOption.ATOMIC_MOVE);
        sealAfterReplacement(blob, dataBytes);
    }

    /** Puts a whole file; see the other method. */
    public void put(Blob blob, Path file) throws IOException {
        put(blob, file, blob.lengthBytes());
    }

    /**
     * Puts a large file: private, synced and on the store's file system, as above.
     *
     * @param content what was found in it
     */
    public void put(SparseFiles.Content content, Path file) throws IOException {
        Blob blob = chunked(content.chunks());
        if (!isRightList(blob)) {
            PrivateFiles.replace(list(blob), content.chunks().encode());
        }
        put(blob, file, content.dataBytes());
    }

    /** Gives a file another name on the store's file system, as a hard link where that is possible, else as a copy. */
    public static void linkOrCopy(Path file, Path to) throws IOException {
        try {
            Files.createLink(to, file);
        } catch (IOException | UnsupportedOperationException e) {
            LOG.debug("{} can't be linked, and is copied", file, e);
            PrivateFiles.createFile(to);
            SparseFiles.copy(file, to);
        }
    }

    /** Makes what was put survive a power cut. */
    public void sync() throws IOException {
        for (Path folder : List.of(lists, chunked, whole)) {
            PrivateFiles.syncFolder(folder);
        }
    }

    /**
     * What is in a chunked blob, whose list is made anew if it has to be.
     *
     * @throws IOException also if the blob is damaged
     */
    public SparseFiles.Content content(Blob blob) throws IOException {
        Optional<String> damage = checkIfInDoubt(blob);
        if (damage.isPresent()) {
            throw new IOException(damage.get());
        }
        Optional<ChunkList> chunks = rightChunks(blob);
        if (chunks.isPresent()) {
            return new SparseFiles.Content(chunks.get(), dataBytes(blob));
        }
        SparseFiles.Content found = SparseFiles.read(path(blob));
        if (!chunked(found.chunks()).equals(blob)) {
            throw new IOException(path(blob) + " has other content than its name says");
        }
        mendList(blob, found.chunks());
        return found;
    }

    /** What is wrong with the blob; read in full only if its seal does not vouch for it. */
    public Optional<String> checkIfInDoubt(Blob blob) throws IOException {
        return isUnbroken(blob) ? Optional.empty() : check(blob, done -> {});
    }

    private ChunkList chunks(Blob blob) throws IOException {
        return ChunkList.decode(
                PrivateFiles.read(list(blob), ChunkList.encodedBytes(blob.lengthBytes())), blob.lengthBytes());
    }

    /**
     * Whether the content is just what it was when it was put, as far as can be told at no cost: small blobs are read, of
     * large ones the seal is compared.
     */
    public boolean isUnbroken(Blob blob) throws IOException {
        Optional<Seal> now = Seal.of(path(blob));
        if (now.isEmpty() || now.get().lengthBytes() != blob.lengthBytes()) {
            return false;
        }
        if (blob.kind() == Blob.Kind.WHOLE && blob.lengthBytes() <= SMALL_BYTES) {
            return Sha256.of(path(blob)).equals(blob.sha256());
        }
        return isSealedAs(blob, now.get());
    }

    private boolean isSealedAs(Blob blob, Seal now) throws IOException {
        return readSeal(path(blob)).startsWith(now.encode());
    }

    /** Empty if there is none. */
    private static String readSeal(Path file) throws IOException {
        try {
            return new String(PrivateFiles.read(sealOf(file), MAX_SEAL_BYTES), StandardCharsets.US_ASCII);
        } catch (NoSuchFileException e) {
            return "";
        } catch (ClosedChannelException e) {
            throw e; // interrupted
        } catch (IOException e) {
            // A folder, a link, or longer than any seal is: as good as none, and no reason to fail.
            LOG.debug("{} is no seal", sealOf(file), e);
            return "";
        }
    }

    private static Path sealOf(Path file) {
        return file.resolveSibling(file.getFileName() + SEAL);
    }

    /** How much of the blob is not holes, as far as is known: at most its length. */
    public long dataBytes(Blob blob) throws IOException {
        return dataBytes(path(blob), blob.lengthBytes());
    }

    private static long dataBytes(Path file, long lengthBytes) throws IOException {
        String line = readSeal(file);
        try {
            long told = Long.parseLong(line.substring(line.lastIndexOf(' ') + 1).strip());
            return told < 0 ? lengthBytes : Math.min(lengthBytes, told);
        } catch (NumberFormatException e) {
            LOG.debug("{} has no seal that says how much of it is not holes", file, e);
            return lengthBytes;
        }
    }

    /**
     * What is wrong with the blob after reading all of it; empty if nothing, and then it is sealed anew if it has to be.
     *
     * @param progress is told up to which offset it has been read
     */
    public Optional<String> check(Blob blob, LongConsumer progress) throws IOException {
        Path file = path(blob);
        // Sealed as it was before it is read: what is written meanwhile breaks the new seal.
        Optional<Seal> before = Seal.of(file);
        if (before.isEmpty()) {
            return Optional.of(
                    file + (Files.exists(file, LinkOption.NOFOLLOW_LINKS) ? " is not a regular file" : " is missing"));
        }
        if (before.get().lengthBytes() != blob.lengthBytes()) {
            return Optional.of(file + " has " + before.get().lengthBytes() + " bytes, expected " + blob.lengthBytes());
        }
        return blob.kind() == Blob.Kind.WHOLE
                ? checkWhole(blob, before.get(), progress)
                : checkChunked(blob, before.get(), progress);
    }

    private Optional<String> checkWhole(Blob blob, Seal before, LongConsumer progress) throws IOException {
        String found = Sha256.of(path(blob), progress);
        if (!found.equals(blob.sha256())) {
            return Optional.of(path(blob) + " has SHA-256 " + found + ", expected " + blob.sha256());
        }
        sealAgain(blob, before, blob.lengthBytes());
        return Optional.empty();
    }

    private Optional<String> checkChunked(Blob blob, Seal before, LongConsumer progress) throws IOException {
        SparseFiles.Content found = SparseFiles.read(path(blob), progress);
        if (!chunked(found.chunks()).equals(blob)) {
            return Optional.of(
                    path(blob) + " has chunks of SHA-256 " + found.chunks().sha256() + ", expected " + blob.sha256());
        }
        mendList(blob, found.chunks());
        sealAgain(blob, before, found.dataBytes());
        return Optional.empty();
    }

    /** The content is right whether or not its list can be written, and a sweep may take the list's temporary file. */
    private void mendList(Blob blob, ChunkList chunks) throws IOException {
        if (isRightList(blob)) {
            return;
        }
        LOG.info("The chunk list {} was missing or damaged, and is written again", list(blob));
        try {
            PrivateFiles.replace(list(blob), chunks.encode());
        } catch (ClosedChannelException e) {
            throw e; // interrupted
        } catch (IOException e) {
            LOG.warn(
                    "Can't write the chunk list {}; checkpoints hash the memory in full until that works",
                    list(blob),
                    e);
        }
    }

    private boolean isRightList(Blob blob) throws IOException {
        return rightChunks(blob).isPresent();
    }

    /** The hashes of a chunked blob's content; empty if there is no list of them, or not the right one. */
    private Optional<ChunkList> rightChunks(Blob blob) throws IOException {
        try {
            return Optional.of(chunks(blob)).filter(list -> list.sha256().equals(blob.sha256()));
        } catch (ClosedChannelException e) {
            throw e; // interrupted
        } catch (IOException e) {
            LOG.debug("There is no usable chunk list {}", list(blob), e);
            return Optional.empty();
        }
    }

    /** Not synced: a seal that does not survive costs a full look, and one that is cut off says nothing. */
    private static void seal(Path file, Seal seal, long dataBytes) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + SEAL + "." + UUID.randomUUID() + ".tmp");
        try {
            PrivateFiles.createFile(temporary);
            Files.writeString(temporary, seal.encode() + dataBytes + "\n");
            Files.move(temporary, sealOf(file), StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /**
     * Seals a blob whose file has been replaced by one of the same content.
     *
     * @param dataBytes how much of it is its own
     */
    public void sealAfterReplacement(Blob blob, long dataBytes) throws IOException {
        Optional<Seal> now = Seal.of(path(blob));
        if (now.isPresent()) {
            sealAgain(blob, now.get(), dataBytes);
        }
    }

    /** The content is right whether or not a new seal can be written; without, the next look costs as much. */
    private void sealAgain(Blob blob, Seal seal, long dataBytes) {
        try {
            if (!isSealedAs(blob, seal)) {
                seal(path(blob), seal, dataBytes);
            }
        } catch (IOException e) {
            LOG.warn("Can't renew the seal of {}; it is read in full at each look until that works", path(blob), e);
        }
    }

    /**
     * A file in the blobs' folders.
     *
     * @param sha256 the blob that it belongs to; empty if a crash has left it
     */
    public record Entry(Path file, Optional<String> sha256) {
        /** Whether it is a blob's content, not a list or a seal. */
        public boolean isContent() {
            return sha256.filter(file.getFileName().toString()::equals).isPresent()
                    && !file.getParent().endsWith(LISTS);
        }
    }

    /** Deletes what dedup runs of processes that have ended left. */
    public void clearLeftovers() throws IOException {
        Deduplicator.clearLeftovers(chunked);
    }

    /** All that lies in the folders. */
    public List<Entry> entries() throws IOException {
        List<Entry> entries = new ArrayList<>();
        for (Path folder : List.of(whole, chunked, lists)) {
            for (Path file : PrivateFiles.list(folder)) {
                String name = file.getFileName().toString();
                String bare = name.endsWith(SEAL) ? name.substring(0, name.length() - SEAL.length()) : name;
                entries.add(new Entry(
                        file, Optional.of(bare).filter(b -> NAME.matcher(b).matches())));
            }
        }
        return entries;
    }

    /** How much of the file is not holes, as far as is known. */
    public long dataBytes(Entry entry) throws IOException {
        Optional<Seal> seal = Seal.of(entry.file());
        long length = seal.map(Seal::lengthBytes).orElse(0L);
        return entry.isContent() ? dataBytes(entry.file(), length) : length;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.disk.MemoryFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Takes and checks the seals of a snapshot's files. */
final class Seals {
    private Seals() {}

    /** A file's length and seal at this moment. */
    record State(boolean regular, long lengthBytes, SealedFile.Seal seal) {}

    /** What the file is now; empty if there is none. Links are not followed. */
    static Optional<State> state(Path file) throws IOException {
        try {
            Map<String, Object> found = Files.readAttributes(
                    file, "unix:isRegularFile,size,ino,lastModifiedTime,ctime", LinkOption.NOFOLLOW_LINKS);
            return Optional.of(new State(
                    (Boolean) found.get("isRegularFile"),
                    (Long) found.get("size"),
                    new SealedFile.Seal(
                            ((Number) found.get("ino")).longValue(),
                            nanos(found.get("lastModifiedTime")),
                            nanos(found.get("ctime")))));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private static long nanos(Object time) {
        return ((FileTime) time).to(TimeUnit.NANOSECONDS);
    }

    /** Seals a file that has been written, synced, and been given its final name. */
    static SealedFile seal(Path file, String sha256) throws IOException {
        State state = state(file).orElseThrow(() -> new NoSuchFileException(file.toString()));
        return new SealedFile(state.lengthBytes(), sha256, state.seal());
    }

    /** Whether the file is just what was sealed. Costs one {@code stat}. */
    static boolean isUnbroken(Path file, SealedFile expected) throws IOException {
        return state(file)
                .filter(now -> now.regular()
                        && now.lengthBytes() == expected.lengthBytes()
                        && now.seal().equals(expected.seal()))
                .isPresent();
    }

    /** What is wrong with the file, as far as {@code stat} can tell; empty if it could be right. */
    private static Optional<String> visibleDamage(Path file, SealedFile expected) throws IOException {
        return state(file)
                .map(now -> !now.regular()
                        ? Optional.of(file + " is not a regular file")
                        : now.lengthBytes() != expected.lengthBytes()
                                ? Optional.of(file + " has " + now.lengthBytes() + " bytes, expected "
                                        + expected.lengthBytes())
                                : Optional.<String>empty())
                .orElseGet(() -> Optional.of(file + " is missing"));
    }

    /** What is wrong with the file after reading all of it; empty if nothing. What can't be read is damaged. */
    static Optional<String> damage(Path file, SealedFile expected) throws IOException {
        try {
            Optional<String> visible = visibleDamage(file, expected);
            if (visible.isPresent()) {
                return visible;
            }
            String found = MemoryFiles.sha256(file);
            return found.equals(expected.sha256())
                    ? Optional.empty()
                    : Optional.of(file + " has SHA-256 " + found + ", expected " + expected.sha256());
        } catch (NoSuchFileException e) {
            return Optional.of(file + " is missing");
        } catch (IOException e) {
            return Optional.of(Failures.ofFile(file, e));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.kernel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An image's SHA-256, noted beside it with the size and the time of modification that the image had: hashing takes longer
 * than everything else that is done with an unpacked kernel. An image that looks different is hashed again.
 */
final class KernelDigest {
    private static final Logger LOG = LoggerFactory.getLogger(KernelDigest.class);
    private static final String SUFFIX = ".sha256";
    private static final int NOTE_MAX = 256;

    private KernelDigest() {}

    /** Of the image as it is now. */
    static String of(Path image) throws IOException {
        Path note = note(image);
        String state = state(image);
        String noted = read(note);
        if (noted.matches("[0-9a-f]{64} .*") && noted.endsWith(" " + state)) {
            return noted.substring(0, noted.indexOf(' '));
        }
        String sha256 = Sha256.of(image);
        try {
            Durable.write(note, text(sha256, state));
        } catch (IOException e) {
            LOG.warn("Could not note the SHA-256 of {}; it is read as a whole each time.", image, e);
        }
        return sha256;
    }

    /** Notes the digest of an image that has just been unpacked. */
    static void note(Path image, String sha256) throws IOException {
        Files.write(note(image), text(sha256, state(image)));
    }

    private static Path note(Path image) {
        return image.resolveSibling(image.getFileName() + SUFFIX);
    }

    private static byte[] text(String sha256, String state) {
        return (sha256 + " " + state).getBytes(StandardCharsets.US_ASCII);
    }

    private static String state(Path image) throws IOException {
        BasicFileAttributes now = Files.readAttributes(image, BasicFileAttributes.class);
        return now.size() + " " + now.lastModifiedTime().to(TimeUnit.NANOSECONDS);
    }

    private static String read(Path note) throws IOException {
        try (var in = Files.newInputStream(note)) {
            return new String(in.readNBytes(NOTE_MAX), StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            LOG.debug("Nothing is noted in {}", note, e);
            return "";
        }
    }
}

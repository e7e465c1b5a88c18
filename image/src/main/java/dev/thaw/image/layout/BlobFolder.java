// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layout;

import dev.thaw.image.Digest;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HexFormat;

/** The files of an OCI image layout. Source: OCI image-spec, image-layout.md. Immutable. */
record BlobFolder(Path folder) {

    Path pathOf(Digest digest) {
        return folder.resolve("blobs").resolve(digest.algorithm()).resolve(digest.hex());
    }

    /** A file beside the blobs, of bounded length. */
    byte[] readFile(String name) throws IOException {
        return read(folder.resolve(name), JsonObject.MAX_BYTES);
    }

    /** A JSON blob, checked against its descriptor. What it is ("manifest") is for messages. */
    byte[] readBlob(OciDescriptor descriptor, String what) throws IOException {
        Path file = pathOf(descriptor.digest());
        if (descriptor.size() > JsonObject.MAX_BYTES) {
            throw new InvalidImageException(what + " " + descriptor.digest() + " has " + descriptor.size()
                    + " bytes; at most " + JsonObject.MAX_BYTES + " are accepted");
        }
        byte[] bytes;
        try {
            bytes = read(file, (int) descriptor.size());
        } catch (NoSuchFileException e) {
            throw new InvalidImageException(
                    what + " " + descriptor.digest() + ": its file " + file
                            + " is missing. Fetch or build the image again",
                    e);
        }
        byte[] hash = descriptor.digest().newMessageDigest().digest(bytes);
        if (bytes.length != descriptor.size() || !descriptor.digest().matches(hash)) {
            throw new InvalidImageException(what + " " + file + " has the wrong digest or length: expected "
                    + descriptor.digest() + " and " + descriptor.size() + " bytes, got "
                    + new Digest(descriptor.digest().algorithm(), HexFormat.of().formatHex(hash))
                    + " and " + Files.size(file) + " bytes. Fetch or build the image again");
        }
        return bytes;
    }

    private static byte[] read(Path file, int most) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(most + 1);
            if (bytes.length > most) {
                throw new InvalidImageException(file + " has " + Files.size(file) + " bytes; expected at most " + most);
            }
            return bytes;
        }
    }
}

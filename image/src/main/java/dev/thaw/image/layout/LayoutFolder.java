// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layout;

import dev.thaw.image.Digest;
import dev.thaw.image.manifest.JsonObject;
import dev.thaw.image.manifest.OciDescriptor;
import dev.thaw.image.manifest.Place;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** An OCI image layout that is a folder. Source: OCI image-spec, image-layout.md. Immutable. */
record LayoutFolder(Path folder) implements LayoutFiles {

    /** Refuses what is not a folder. */
    static LayoutFolder open(Path folder) throws InvalidImageException {
        if (!Files.isDirectory(folder)) {
            String is = Files.exists(folder) ? " is not a folder" : " does not exist";
            throw new InvalidImageException("the folder " + folder + is
                    + ". Build the image first, or check the path; a relative one starts at the working folder");
        }
        return new LayoutFolder(folder);
    }

    @Override
    public String place() {
        return "the layout " + folder;
    }

    @Override
    public String notALayout(String missing) {
        return "the folder " + folder + " is not an OCI image layout: it has no file " + missing;
    }

    @Override
    public byte[] file(String name) throws IOException {
        return read(folder.resolve(name), JsonObject.MAX_BYTES);
    }

    @Override
    public byte[] document(OciDescriptor descriptor, String what) throws IOException {
        descriptor.checkDocumentSize(what);
        Path file = pathOf(descriptor.digest());
        byte[] bytes;
        try {
            bytes = read(file, (int) descriptor.size());
        } catch (NoSuchFileException e) {
            throw new InvalidImageException(
                    what + " " + descriptor.digest() + ": its file " + file + " is missing. " + REMEDY, e);
        }
        descriptor.check(bytes, what + " " + file, REMEDY);
        return bytes;
    }

    @Override
    public Place layer(OciDescriptor descriptor) {
        return new Place(pathOf(descriptor.digest()), 0);
    }

    private Path pathOf(Digest digest) {
        return folder.resolve("blobs").resolve(digest.algorithm()).resolve(digest.hex());
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

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layout;

import dev.thaw.image.manifest.OciDescriptor;
import dev.thaw.image.manifest.Place;
import dev.thaw.image.tree.ByteRegion;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** An OCI image layout that is a tar archive, as skopeo, buildx and podman write them. Confined to one thread. */
record LayoutArchive(ArchiveFile archive) implements LayoutFiles {

    static LayoutArchive open(Path file) throws IOException {
        ArchiveFile archive = ArchiveFile.open(file);
        return new LayoutArchive(archive);
    }

    @Override
    public String place() {
        return "the archive " + archive.path();
    }

    @Override
    public String notALayout(String missing) {
        String hint = archive.has(DockerArchiveSource.MANIFEST) ? "; use docker-archive:" + archive.path() : "";
        return "the archive " + archive.path() + " is not an OCI image layout: it has no " + missing + hint;
    }

    @Override
    public byte[] file(String name) throws IOException {
        return archive.read(name);
    }

    @Override
    public byte[] document(OciDescriptor descriptor, String what) throws IOException {
        descriptor.checkDocumentSize(what);
        String where = what + " " + descriptor.digest() + " in " + archive.path();
        try {
            byte[] bytes = archive.read(nameOf(descriptor));
            descriptor.check(bytes, where, REMEDY);
            return bytes;
        } catch (NoSuchFileException e) {
            throw new InvalidImageException(where + " is missing. " + REMEDY, e);
        }
    }

    @Override
    public Place layer(OciDescriptor descriptor) throws IOException {
        try {
            ByteRegion region = archive.region(nameOf(descriptor));
            if (region.length() != descriptor.size()) {
                throw new InvalidImageException("layer " + descriptor.digest() + " in " + archive.path() + " has "
                        + region.length() + " bytes; expected " + descriptor.size() + ". " + REMEDY);
            }
            return new Place(archive.path(), region.offset());
        } catch (NoSuchFileException e) {
            throw new InvalidImageException(
                    "layer " + descriptor.digest() + " is missing in " + archive.path() + ". " + REMEDY, e);
        }
    }

    private static String nameOf(OciDescriptor descriptor) {
        return "blobs/" + descriptor.digest().algorithm() + "/"
                + descriptor.digest().hex();
    }

    @Override
    public void close() throws IOException {
        archive.close();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layout;

import dev.thaw.image.Digest;
import dev.thaw.image.ImageReference;
import dev.thaw.image.Platform;
import dev.thaw.image.manifest.ImageFinder;
import dev.thaw.image.manifest.ImageSource;
import dev.thaw.image.manifest.JsonObject;
import dev.thaw.image.manifest.ManifestDocument;
import dev.thaw.image.manifest.OciDescriptor;
import dev.thaw.image.manifest.ResolvedImage;
import dev.thaw.image.tree.InvalidImageException;
import dev.thaw.image.tree.Shown;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;

/** An OCI image layout: blobs and an index, in a folder or in an archive. Confined to one thread. */
public final class OciLayoutSource implements ImageSource {
    private final Opener opener;
    private final Optional<String> tag;
    private final Optional<Digest> digest;

    private OciLayoutSource(Opener opener, Optional<String> tag, Optional<Digest> digest) {
        this.opener = opener;
        this.tag = tag;
        this.digest = digest;
    }

    @FunctionalInterface
    private interface Opener {
        LayoutFiles open() throws IOException;
    }

    public static OciLayoutSource of(ImageReference.OciLayout reference) {
        return new OciLayoutSource(() -> LayoutFolder.open(reference.folder()), reference.tag(), reference.digest());
    }

    public static OciLayoutSource of(ImageReference.OciArchive reference) {
        return new OciLayoutSource(() -> LayoutArchive.open(reference.file()), reference.tag(), reference.digest());
    }

    @Override
    public ResolvedImage resolve(Platform platform) throws IOException, InterruptedException {
        try (LayoutFiles files = opener.open()) {
            ImageFinder finder = new ImageFinder(files, files.place());
            return finder.choose(candidates(files, finder), platform);
        }
    }

    @Override
    public ResolvedImage resolve(Digest identity, Platform platform) throws IOException, InterruptedException {
        try (LayoutFiles files = opener.open()) {
            ImageFinder finder = new ImageFinder(files, files.place());
            return finder.choose(List.of(finder.withDigest(index(files), identity)), platform);
        }
    }

    private List<OciDescriptor> candidates(LayoutFiles files, ImageFinder finder)
            throws IOException, InterruptedException {
        List<OciDescriptor> index = index(files);
        if (digest.isPresent()) {
            return List.of(finder.withDigest(index, digest.get()));
        }
        if (tag.isEmpty()) {
            if (index.isEmpty()) {
                throw new InvalidImageException(files.place() + " has no image in its index.json");
            }
            return index;
        }
        List<OciDescriptor> named =
                index.stream().filter(d -> d.refName().equals(tag)).toList();
        if (named.isEmpty()) {
            throw new InvalidImageException(
                    files.place() + " has no image named '" + tag.get() + "'; it has " + ImageFinder.listed(index));
        }
        return named;
    }

    private static List<OciDescriptor> index(LayoutFiles files) throws IOException {
        String file = "oci-layout";
        try {
            String version = JsonObject.parse(files.file(file), file).text("imageLayoutVersion");
            if (!version.equals("1.0.0")) {
                throw new InvalidImageException(
                        files.place() + " has version '" + Shown.of(version) + "'; this version reads 1.0.0");
            }
            file = "index.json";
            JsonObject index = ManifestDocument.parseIndex(files.file(file), file);
            return OciDescriptor.readAll(index.objects("manifests"));
        } catch (NoSuchFileException e) {
            throw new InvalidImageException(files.notALayout(file), e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layout;

import dev.thaw.image.Digest;
import dev.thaw.image.ImageReference;
import dev.thaw.image.Platform;
import dev.thaw.image.layer.LayerBlob;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** An OCI image layout: a folder of blobs and an index. Confined to one thread. */
final class OciLayoutSource implements ImageSource {
    private static final int MAX_INDEX_DEPTH = 4;
    private static final int MAX_DESCRIPTORS = 1000;
    private static final int MAX_LAYERS = 1000;

    private final ImageReference.OciLayout reference;
    private final BlobFolder blobs;

    OciLayoutSource(ImageReference.OciLayout reference) {
        this.reference = reference;
        this.blobs = new BlobFolder(reference.folder());
    }

    @Override
    public ResolvedImage resolve(Platform platform) throws IOException {
        return choose(candidates(readIndex()), platform);
    }

    @Override
    public ResolvedImage resolve(Digest digest, Platform platform) throws IOException {
        return choose(withDigest(readIndex(), digest), platform);
    }

    private List<OciDescriptor> readIndex() throws IOException {
        if (!Files.isDirectory(blobs.folder())) {
            String is = Files.exists(blobs.folder()) ? " is not a folder" : " does not exist";
            throw new InvalidImageException("the folder " + blobs.folder() + is
                    + ". Build the image first, or check the path; a relative one starts at the working folder");
        }
        String file = "oci-layout";
        try {
            String version = JsonObject.parse(blobs.readFile(file), file).text("imageLayoutVersion");
            if (!version.equals("1.0.0")) {
                throw new InvalidImageException("the layout " + blobs.folder() + " has version '"
                        + MediaType.shown(version) + "'; this version reads 1.0.0");
            }
            file = "index.json";
            JsonObject index = JsonObject.parse(blobs.readFile(file), file);
            return OciDescriptor.readAll(index.objects("manifests"));
        } catch (NoSuchFileException e) {
            throw new InvalidImageException(
                    "the folder " + blobs.folder() + " is not an OCI image layout: it has no file " + file, e);
        }
    }

    private List<OciDescriptor> candidates(List<OciDescriptor> index) throws IOException {
        if (reference.digest().isPresent()) {
            return withDigest(index, reference.digest().get());
        }
        if (reference.tag().isEmpty()) {
            if (index.isEmpty()) {
                throw new InvalidImageException("the layout " + blobs.folder() + " has no image in its index.json");
            }
            return index;
        }
        String tag = reference.tag().get();
        List<OciDescriptor> named =
                index.stream().filter(d -> d.refName().equals(Optional.of(tag))).toList();
        if (named.isEmpty()) {
            throw new InvalidImageException(
                    "the layout " + blobs.folder() + " has no image named '" + tag + "'; it has " + listed(index));
        }
        return named;
    }

    private List<OciDescriptor> withDigest(List<OciDescriptor> index, Digest digest) throws IOException {
        Optional<OciDescriptor> found = collect(index, true).stream()
                .filter(d -> d.digest().equals(digest))
                .findFirst();
        return List.of(found.orElseThrow(() -> new InvalidImageException("the layout " + blobs.folder()
                + " has no image with the digest " + digest + "; it has " + listed(index))));
    }

    /** The manifests that the descriptors lead to, and on request the indexes on the way. */
    private List<OciDescriptor> collect(List<OciDescriptor> descriptors, boolean withIndexes) throws IOException {
        List<OciDescriptor> all = new ArrayList<>();
        Deque<Nested> open = new ArrayDeque<>();
        open.push(new Nested(descriptors.iterator(), 0));
        // Each descriptor counts each time: indexes that name the same ones again and again grow without bound.
        for (int seen = 0; !open.isEmpty(); ) {
            Nested nested = open.peek();
            if (!nested.descriptors().hasNext()) {
                open.pop();
                continue;
            }
            OciDescriptor descriptor = nested.descriptors().next();
            if (++seen > MAX_DESCRIPTORS) {
                throw new InvalidImageException("indexes with more than " + MAX_DESCRIPTORS + " entries together");
            }
            boolean isIndex = MediaType.isIndex(descriptor.mediaType());
            if (!isIndex || withIndexes) {
                all.add(descriptor);
            }
            if (isIndex) {
                open.push(read(descriptor, nested.depth() + 1));
            }
        }
        return all;
    }

    private Nested read(OciDescriptor index, int depth) throws IOException {
        if (depth > MAX_INDEX_DEPTH) {
            throw new InvalidImageException("indexes nested deeper than " + MAX_INDEX_DEPTH);
        }
        JsonObject json = JsonObject.parse(blobs.readBlob(index, "index"), "index " + index.digest());
        return new Nested(OciDescriptor.readAll(json.objects("manifests")).iterator(), depth);
    }

    /** What is left of an index, and how deep it lies. */
    private record Nested(Iterator<OciDescriptor> descriptors, int depth) {}

    private ResolvedImage choose(List<OciDescriptor> candidates, Platform platform) throws IOException {
        Map<Digest, ResolvedImage> matches = new LinkedHashMap<>();
        List<String> others = new ArrayList<>();
        for (OciDescriptor leaf : collect(candidates, false)) {
            if (!MediaType.isManifest(leaf.mediaType())) {
                others.add("something of media type '" + MediaType.shown(leaf.mediaType()) + "'");
            } else if (leaf.platform().isPresent() && !leaf.platform().get().equals(platform)) {
                others.add(MediaType.shown(leaf.platform().get().toString()));
            } else {
                ResolvedImage image = manifest(leaf);
                Platform actual =
                        new Platform(image.config().os(), image.config().architecture());
                if (actual.equals(platform)) {
                    matches.put(leaf.digest(), image);
                } else {
                    others.add(MediaType.shown(actual.toString()));
                }
            }
        }
        if (matches.isEmpty()) {
            throw new InvalidImageException(
                    "it has no image for " + platform + "; it has " + String.join(", ", others));
        }
        // Within one index the first match is meant (image-index.md); among several images the user must choose.
        if (matches.size() > 1 && candidates.size() > 1) {
            throw new InvalidImageException("the layout " + blobs.folder() + " has " + matches.size() + " images for "
                    + platform + "; name one of " + listed(candidates));
        }
        return matches.values().iterator().next();
    }

    private ResolvedImage manifest(OciDescriptor descriptor) throws IOException {
        String what = "manifest " + descriptor.digest();
        JsonObject json = JsonObject.parse(blobs.readBlob(descriptor, "manifest"), what);
        if (json.number("schemaVersion", 0) != 2) {
            throw json.invalid("schemaVersion", "expected 2, got " + json.number("schemaVersion", 0));
        }
        String mediaType = json.optionalText("mediaType").orElse(descriptor.mediaType());
        if (!mediaType.equals(descriptor.mediaType())) {
            throw json.invalid(
                    "mediaType",
                    "its descriptor says " + descriptor.mediaType() + ", the manifest says "
                            + MediaType.shown(mediaType));
        }
        OciDescriptor config = OciDescriptor.read(json.object("config"));
        if (!MediaType.isConfig(config.mediaType())) {
            throw json.invalid(
                    "config",
                    "its media type is '" + MediaType.shown(config.mediaType()) + "'; this is not a container image");
        }
        ConfigReader read =
                ConfigReader.read(blobs.readBlob(config, "configuration"), "configuration " + config.digest());
        return new ResolvedImage(descriptor.digest(), read.config(), layers(json, read.diffIds()));
    }

    private List<LayerBlob> layers(JsonObject manifest, List<Digest> diffIds) throws InvalidImageException {
        List<OciDescriptor> descriptors = OciDescriptor.readAll(manifest.objects("layers"));
        if (descriptors.size() != diffIds.size() || descriptors.size() > MAX_LAYERS) {
            throw manifest.invalid(
                    "layers",
                    "it has " + descriptors.size() + " layers, its configuration " + diffIds.size()
                            + " diff ids; both must be the same, and at most " + MAX_LAYERS);
        }
        List<LayerBlob> layers = new ArrayList<>();
        for (OciDescriptor d : descriptors) {
            String name = "layer " + (layers.size() + 1) + " of " + descriptors.size() + " (" + d.digest() + ")";
            try {
                layers.add(new LayerBlob(
                        name,
                        blobs.pathOf(d.digest()),
                        0,
                        d.size(),
                        Optional.of(d.digest()),
                        diffIds.get(layers.size()),
                        MediaType.isGzipLayer(d.mediaType())));
            } catch (InvalidImageException e) {
                throw new InvalidImageException(name + ": " + e.getMessage(), e);
            }
        }
        return layers;
    }

    private static String listed(List<OciDescriptor> index) {
        return index.isEmpty()
                ? "none"
                : index.stream()
                        .map(d -> d.refName()
                                        .map(n -> "'" + MediaType.shown(n) + "'")
                                        .orElse("an unnamed one") + " (" + d.digest() + ")")
                        .limit(50)
                        .collect(Collectors.joining(", "));
    }
}

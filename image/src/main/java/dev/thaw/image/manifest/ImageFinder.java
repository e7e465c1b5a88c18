// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.manifest;

import dev.thaw.image.Digest;
import dev.thaw.image.Platform;
import dev.thaw.image.layer.LayerBlob;
import dev.thaw.image.layer.Limits;
import dev.thaw.image.tree.InvalidImageException;
import dev.thaw.image.tree.Shown;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Goes from descriptors to the one image that is meant: through indexes, by platform, to manifest and configuration.
 * Confined to one thread.
 */
public final class ImageFinder {
    private static final int MAX_INDEX_DEPTH = 4;
    private static final int MAX_DESCRIPTORS = 1000;
    private static final int MAX_LAYERS = 1000;
    private static final int MAX_LISTED = 50;

    private final Blobs blobs;
    private final String place;

    /**
     * A finder among those blobs.
     *
     * @param place what they are in, such as {@code the layout /images}, for messages
     */
    public ImageFinder(Blobs blobs, String place) {
        this.blobs = blobs;
        this.place = place;
    }

    /**
     * The image for a platform.
     *
     * @param candidates manifests and indexes; with several, just one of them may have an image for the platform
     * @throws InvalidImageException if there is none, or more than one, or something in it is wrong
     */
    public ResolvedImage choose(List<OciDescriptor> candidates, Platform platform)
            throws IOException, InterruptedException {
        List<OciDescriptor> leaves = collect(candidates, false);
        Optional<OciDescriptor> said = leaves.stream()
                .filter(leaf -> MediaType.isManifest(leaf.mediaType()))
                .filter(leaf -> leaf.platform().filter(p -> p.matches(platform)).isPresent())
                .findFirst();
        // Within one index the first match is meant (image-index.md); among several images the user must choose.
        if (candidates.size() == 1 && said.isPresent()) {
            return image(said.get());
        }
        Map<Digest, ResolvedImage> matches = new LinkedHashMap<>();
        List<String> others = new ArrayList<>();
        for (OciDescriptor leaf : leaves) {
            Optional<Platform> platformSaid = leaf.platform();
            if (!MediaType.isManifest(leaf.mediaType())) {
                others.add("something of media type '" + Shown.of(leaf.mediaType()) + "'");
            } else if (platformSaid.isPresent() && !platformSaid.get().matches(platform)) {
                if (!leaf.isAttestation()) {
                    others.add(Shown.of(platformSaid.get().toString()));
                }
            } else if (leaves.size() > 1 && isArtifact(leaf)) {
                others.add("an artifact");
            } else {
                ResolvedImage image = image(leaf);
                Platform actual = image.config().platform();
                // Builders often leave the variant out of one of the two; the descriptor is what engines choose by.
                if (platformSaid.isPresent() || actual.matches(platform)) {
                    matches.put(leaf.digest(), image);
                } else {
                    others.add(Shown.of(actual.toString()));
                }
            }
        }
        return single(matches, others, candidates, platform);
    }

    /** True for a manifest of something else than an image, such as a signature. */
    private boolean isArtifact(OciDescriptor leaf) throws IOException, InterruptedException {
        JsonObject json = ManifestDocument.parse(blobs.document(leaf, "manifest"), leaf);
        return !MediaType.isConfig(
                json.objectOrEmpty("config").optionalText("mediaType").orElse(""));
    }

    private ResolvedImage single(
            Map<Digest, ResolvedImage> matches, List<String> others, List<OciDescriptor> candidates, Platform platform)
            throws InvalidImageException {
        if (matches.isEmpty()) {
            throw new InvalidImageException("it has no image for " + platform + "; it has "
                    + (others.isEmpty()
                            ? "none"
                            : others.stream().limit(MAX_LISTED).collect(Collectors.joining(", "))));
        }
        if (matches.size() > 1 && candidates.size() > 1) {
            throw new InvalidImageException(place + " has " + matches.size() + " images for " + platform
                    + "; name one of " + listed(candidates));
        }
        return matches.values().iterator().next();
    }

    /** The manifest or index with that digest, wherever it stands below those descriptors. */
    public OciDescriptor withDigest(List<OciDescriptor> descriptors, Digest digest)
            throws IOException, InterruptedException {
        return collect(descriptors, true).stream()
                .filter(d -> d.digest().equals(digest))
                .findFirst()
                .orElseThrow(() -> new InvalidImageException(
                        place + " has no image with the digest " + digest + "; it has " + listed(descriptors)));
    }

    /** Names and digests, for messages. */
    public static String listed(List<OciDescriptor> descriptors) {
        return descriptors.isEmpty()
                ? "none"
                : descriptors.stream()
                        .map(d -> d.refName().map(n -> "'" + Shown.of(n) + "'").orElse("an unnamed one") + " ("
                                + d.digest() + ")")
                        .limit(MAX_LISTED)
                        .collect(Collectors.joining(", "));
    }

    /** The manifests that the descriptors lead to, and on request the indexes on the way. */
    private List<OciDescriptor> collect(List<OciDescriptor> descriptors, boolean withIndexes)
            throws IOException, InterruptedException {
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

    private Nested read(OciDescriptor index, int depth) throws IOException, InterruptedException {
        if (depth > MAX_INDEX_DEPTH) {
            throw new InvalidImageException("indexes nested deeper than " + MAX_INDEX_DEPTH);
        }
        JsonObject json = ManifestDocument.parse(blobs.document(index, "index"), index);
        return new Nested(OciDescriptor.readAll(json.objects("manifests")).iterator(), depth);
    }

    /** What is left of an index, and how deep it lies. */
    private record Nested(Iterator<OciDescriptor> descriptors, int depth) {}

    private ResolvedImage image(OciDescriptor descriptor) throws IOException, InterruptedException {
        JsonObject json = ManifestDocument.parse(blobs.document(descriptor, "manifest"), descriptor);
        if (json.number("schemaVersion", 0) != 2) {
            throw json.invalid("schemaVersion", "expected 2, got " + json.number("schemaVersion", 0));
        }
        OciDescriptor config = OciDescriptor.read(json.object("config"));
        if (!MediaType.isConfig(config.mediaType())) {
            throw json.invalid(
                    "config",
                    "its media type is '" + Shown.of(config.mediaType()) + "'; this is not a container image");
        }
        ConfigReader read =
                ConfigReader.read(blobs.document(config, "configuration"), "configuration " + config.digest());
        return new ResolvedImage(descriptor.digest(), read.config(), read.passedOver(), layers(json, read.diffIds()));
    }

    private List<LayerBlob> layers(JsonObject manifest, List<Digest> diffIds) throws IOException {
        List<OciDescriptor> descriptors = OciDescriptor.readAll(manifest.objects("layers"));
        requireLayers(manifest, "layers", descriptors.size(), diffIds.size());
        requireSizes(descriptors);
        List<LayerBlob> layers = new ArrayList<>();
        for (OciDescriptor d : descriptors) {
            String name = "layer " + (layers.size() + 1) + " of " + descriptors.size() + " (" + d.digest() + ")";
            try {
                MediaType.requireLayer(d.mediaType());
            } catch (InvalidImageException e) {
                throw new InvalidImageException(name + ": " + e.getMessage(), e);
            }
            Place at = blobs.layer(d);
            layers.add(new LayerBlob(
                    name, at.file(), at.offset(), d.size(), Optional.of(d.digest()), diffIds.get(layers.size())));
        }
        return layers;
    }

    private static void requireSizes(List<OciDescriptor> layers) throws InvalidImageException {
        long left = Limits.DEFAULT.unpackedBytes();
        for (OciDescriptor layer : layers) {
            if (layer.size() > left) {
                throw new InvalidImageException("its layers have more than " + Limits.DEFAULT.unpackedBytes()
                        + " bytes together, compressed as they are. Is it an archive bomb?");
            }
            left -= layer.size();
        }
    }

    /** Refuses a number of layers that can't be. Messages name the field of the document that lists them. */
    public static void requireLayers(JsonObject document, String field, int layers, int diffIds)
            throws InvalidImageException {
        if (layers == 0) {
            throw document.invalid(field, "it has no layers, so there is no file system; is it an artifact?");
        }
        if (layers != diffIds || layers > MAX_LAYERS) {
            throw document.invalid(
                    field,
                    "it has " + layers + " layers, its configuration " + diffIds
                            + " diff ids; both must be the same, and at most " + MAX_LAYERS);
        }
    }
}

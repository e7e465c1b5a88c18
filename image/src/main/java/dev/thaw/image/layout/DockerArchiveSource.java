// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layout;

import dev.thaw.image.Digest;
import dev.thaw.image.ImageReference;
import dev.thaw.image.Platform;
import dev.thaw.image.layer.LayerBlob;
import dev.thaw.image.manifest.ConfigReader;
import dev.thaw.image.manifest.ImageFinder;
import dev.thaw.image.manifest.ImageSource;
import dev.thaw.image.manifest.JsonObject;
import dev.thaw.image.manifest.ResolvedImage;
import dev.thaw.image.tree.ByteRegion;
import dev.thaw.image.tree.InvalidImageException;
import dev.thaw.image.tree.Shown;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * An archive that {@code docker save} wrote: a tar of configurations, layers and a manifest.json. Newer ones are OCI
 * layouts as well; this reads the part that all have. Source: Docker image specification v1.2, "Combined Image JSON +
 * Filesystem Changeset Format". Confined to one thread.
 */
public final class DockerArchiveSource implements ImageSource {
    static final String MANIFEST = "manifest.json";
    /** Both forms of a file that is named by its digest. */
    private static final Pattern NAMED_BY_DIGEST = Pattern.compile("(?:blobs/sha256/)?([0-9a-f]{64})(?:\\.json)?");

    private final ImageReference.DockerArchive reference;
    private final Path file;

    public DockerArchiveSource(ImageReference.DockerArchive reference) {
        this.reference = reference;
        this.file = reference.file();
    }

    @Override
    public ResolvedImage resolve(Platform platform) throws IOException {
        try (ArchiveFile archive = ArchiveFile.open(file)) {
            List<JsonObject> images = chosen(images(archive));
            if (images.size() > 1) {
                throw new InvalidImageException(
                        "the archive " + file + " has " + images.size() + " images; name one of " + listed(images));
            }
            ResolvedImage image = image(images.get(0), archive);
            Platform actual = image.config().platform();
            if (!actual.matches(platform)) {
                throw new InvalidImageException(
                        "it has no image for " + platform + "; it has " + Shown.of(actual.toString()));
            }
            return image;
        }
    }

    @Override
    public ResolvedImage resolve(Digest digest, Platform platform) throws IOException {
        try (ArchiveFile archive = ArchiveFile.open(file)) {
            for (JsonObject json : images(archive)) {
                ResolvedImage image = image(json, archive);
                if (image.digest().equals(digest)) {
                    return image;
                }
            }
            throw new InvalidImageException("the archive " + file + " has no image with the ID " + digest);
        }
    }

    private List<JsonObject> images(ArchiveFile archive) throws IOException {
        if (!archive.has(MANIFEST)) {
            String hint = archive.has("oci-layout") ? "; it is an OCI image layout: use oci-archive:" + file : "";
            throw new InvalidImageException(
                    "the archive " + file + " was not written by 'docker save': it has no " + MANIFEST + hint);
        }
        List<JsonObject> images = JsonObject.parseList(archive.read(MANIFEST), MANIFEST);
        if (images.isEmpty()) {
            throw new InvalidImageException("the archive " + file + " has no image in its " + MANIFEST);
        }
        return images;
    }

    private List<JsonObject> chosen(List<JsonObject> images) throws IOException {
        if (reference.name().isEmpty()) {
            return images;
        }
        String wanted = familiar(reference.name().get());
        List<JsonObject> chosen = new ArrayList<>();
        for (JsonObject image : images) {
            if (image.texts("RepoTags").stream().anyMatch(t -> familiar(t).equals(wanted))) {
                chosen.add(image);
            }
        }
        if (chosen.isEmpty()) {
            throw new InvalidImageException("the archive " + file + " has no image named '"
                    + reference.name().get() + "'; it has " + listed(images));
        }
        return chosen;
    }

    /** Some write docker.io/library/redis:7 for what others call redis:7. */
    private static String familiar(String name) {
        return name.replaceFirst("^(?:index\\.)?docker\\.io/(?:library/)?", "");
    }

    private static String listed(List<JsonObject> images) throws InvalidImageException {
        List<String> names = new ArrayList<>();
        for (JsonObject image : images) {
            names.addAll(image.texts("RepoTags"));
        }
        return names.isEmpty()
                ? "no named ones"
                : names.stream().limit(50).map(n -> "'" + Shown.of(n) + "'").collect(Collectors.joining(", "));
    }

    private ResolvedImage image(JsonObject json, ArchiveFile archive) throws IOException {
        String configName = json.text("Config");
        named(archive, configName);
        byte[] config = archive.read(configName);
        Digest digest = Digest.sha256Of(config);
        Optional<Digest> expected = digestIn(configName);
        if (expected.isPresent() && !expected.get().equals(digest)) {
            throw new InvalidImageException("the configuration " + configName + " in " + file
                    + " has the wrong digest: expected " + expected.get() + ", got " + digest
                    + ". Save the image again");
        }
        ConfigReader read = ConfigReader.read(config, "configuration " + digest);
        return new ResolvedImage(digest, read.config(), read.passedOver(), layers(json, read.diffIds(), archive));
    }

    private List<LayerBlob> layers(JsonObject json, List<Digest> diffIds, ArchiveFile archive) throws IOException {
        List<String> names = json.texts("Layers");
        ImageFinder.requireLayers(json, "Layers", names.size(), diffIds.size());
        List<LayerBlob> layers = new ArrayList<>();
        for (String name : names) {
            ByteRegion region = named(archive, name);
            Digest diffId = diffIds.get(layers.size());
            layers.add(new LayerBlob(
                    "layer " + (layers.size() + 1) + " of " + names.size() + " (" + diffId + ")",
                    file,
                    region.offset(),
                    region.length(),
                    name.startsWith("blobs/") ? digestIn(name) : Optional.empty(),
                    diffId));
        }
        return layers;
    }

    /** A member that the manifest names. */
    private static ByteRegion named(ArchiveFile archive, String name) throws IOException {
        try {
            return archive.region(name);
        } catch (NoSuchFileException e) {
            throw new InvalidImageException(
                    "the archive " + archive.path() + " has no member " + Shown.of(name) + ", which its " + MANIFEST
                            + " names. Save the image again",
                    e);
        }
    }

    private static Optional<Digest> digestIn(String name) {
        Matcher matcher = NAMED_BY_DIGEST.matcher(name);
        return matcher.matches() ? Optional.of(new Digest("sha256", matcher.group(1))) : Optional.empty();
    }
}

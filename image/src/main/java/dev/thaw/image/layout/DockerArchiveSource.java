// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layout;

import dev.thaw.image.Digest;
import dev.thaw.image.ImageReference;
import dev.thaw.image.Platform;
import dev.thaw.image.layer.LayerBlob;
import dev.thaw.image.tar.TarEntry;
import dev.thaw.image.tar.TarReader;
import dev.thaw.image.tree.ByteRegion;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * An archive that {@code docker save} wrote: a tar of configurations, layers and a manifest.json. Newer ones are OCI
 * layouts as well; this reads the part that all have. Source: Docker image specification v1.2, "Combined Image JSON +
 * Filesystem Changeset Format". Confined to one thread.
 */
final class DockerArchiveSource implements ImageSource {
    private static final int MAX_MEMBERS = 100_000;
    private static final long MAX_HEAP_BYTES = 64L << 20;
    private static final int MAX_LINKS = 8;
    private static final int MAX_LAYERS = 1000;
    private static final String MANIFEST = "manifest.json";
    /** Both forms of a file that is named by its digest. */
    private static final Pattern NAMED_BY_DIGEST = Pattern.compile("(?:blobs/sha256/)?([0-9a-f]{64})(?:\\.json)?");

    private final ImageReference.DockerArchive reference;
    private final Path file;

    DockerArchiveSource(ImageReference.DockerArchive reference) {
        this.reference = reference;
        this.file = reference.file();
    }

    @Override
    public ResolvedImage resolve(Platform platform) throws IOException {
        try (FileChannel channel = open()) {
            Map<String, TarEntry> members = members(channel);
            List<JsonObject> images = chosen(images(members));
            if (images.size() > 1) {
                throw new InvalidImageException(
                        "the archive " + file + " has " + images.size() + " images; name one of " + listed(images));
            }
            ResolvedImage image = image(images.get(0), members);
            Platform actual = new Platform(image.config().os(), image.config().architecture());
            if (!actual.equals(platform)) {
                throw new InvalidImageException(
                        "it has no image for " + platform + "; it has " + MediaType.shown(actual.toString()));
            }
            return image;
        }
    }

    @Override
    public ResolvedImage resolve(Digest digest, Platform platform) throws IOException {
        try (FileChannel channel = open()) {
            Map<String, TarEntry> members = members(channel);
            for (JsonObject json : images(members)) {
                ResolvedImage image = image(json, members);
                if (image.digest().equals(digest)) {
                    return image;
                }
            }
            throw new InvalidImageException("the archive " + file + " has no image with the ID " + digest);
        }
    }

    private FileChannel open() throws IOException {
        if (!Files.isRegularFile(file)) {
            String is = Files.exists(file) ? " is not a file" : " does not exist";
            throw new InvalidImageException(
                    "the archive " + file + is + ". Check the path; a relative one starts at the working folder");
        }
        return FileChannel.open(file, StandardOpenOption.READ);
    }

    private Map<String, TarEntry> members(FileChannel channel) throws IOException {
        ByteRegion archive = ByteRegion.of(channel);
        if (isGzip(archive)) {
            throw new InvalidImageException(
                    "the archive " + file + " is compressed. Unpack it first, for example with 'gunzip'");
        }
        TarReader reader = new TarReader(archive);
        Map<String, TarEntry> members = new HashMap<>();
        long heapBytes = 0;
        for (TarEntry entry = reader.next(); entry != null; entry = reader.next()) {
            heapBytes += entry.heapBytes();
            if (heapBytes > MAX_HEAP_BYTES) {
                throw new InvalidImageException("members of the archive " + file + " take more than " + MAX_HEAP_BYTES
                        + " bytes of memory. Is it an archive bomb?");
            }
            members.put(entry.name().replaceFirst("^(\\./)+", ""), entry);
            if (members.size() > MAX_MEMBERS) {
                throw new InvalidImageException("the archive " + file + " has more than " + MAX_MEMBERS + " members");
            }
        }
        return members;
    }

    private List<JsonObject> images(Map<String, TarEntry> members) throws IOException {
        if (!members.containsKey(MANIFEST)) {
            String hint = members.containsKey("oci-layout")
                    ? "; it is an OCI image layout: unpack it into a folder and use oci:FOLDER"
                    : "";
            throw new InvalidImageException(
                    "the archive " + file + " was not written by 'docker save': it has no " + MANIFEST + hint);
        }
        List<JsonObject> images = JsonObject.parseList(read(members, MANIFEST), MANIFEST);
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
                : names.stream()
                        .limit(50)
                        .map(n -> "'" + MediaType.shown(n) + "'")
                        .collect(Collectors.joining(", "));
    }

    private ResolvedImage image(JsonObject json, Map<String, TarEntry> members) throws IOException {
        String configName = json.text("Config");
        byte[] config = read(members, configName);
        Digest digest = Digest.sha256Of(config);
        Optional<Digest> expected = digestIn(configName);
        if (expected.isPresent() && !expected.get().equals(digest)) {
            throw new InvalidImageException("the configuration " + configName + " in " + file
                    + " has the wrong digest: expected " + expected.get() + ", got " + digest
                    + ". Save the image again");
        }
        ConfigReader read = ConfigReader.read(config, "configuration " + digest);
        return new ResolvedImage(digest, read.config(), layers(json, read.diffIds(), members));
    }

    private List<LayerBlob> layers(JsonObject json, List<Digest> diffIds, Map<String, TarEntry> members)
            throws IOException {
        List<String> names = json.texts("Layers");
        if (names.size() != diffIds.size() || names.size() > MAX_LAYERS) {
            throw json.invalid(
                    "Layers",
                    "it has " + names.size() + " layers, its configuration " + diffIds.size()
                            + " diff ids; both must be the same, and at most " + MAX_LAYERS);
        }
        List<LayerBlob> layers = new ArrayList<>();
        for (String name : names) {
            ByteRegion region = region(members, name);
            boolean gzip = isGzip(region);
            Digest diffId = diffIds.get(layers.size());
            layers.add(new LayerBlob(
                    "layer " + (layers.size() + 1) + " of " + names.size() + " (" + diffId + ")",
                    file,
                    region.offset(),
                    region.length(),
                    name.startsWith("blobs/") ? digestIn(name) : Optional.empty(),
                    diffId,
                    gzip));
        }
        return layers;
    }

    private static Optional<Digest> digestIn(String name) {
        Matcher matcher = NAMED_BY_DIGEST.matcher(name);
        return matcher.matches() ? Optional.of(new Digest("sha256", matcher.group(1))) : Optional.empty();
    }

    private byte[] read(Map<String, TarEntry> members, String name) throws IOException {
        ByteRegion region = region(members, name);
        if (region.length() > JsonObject.MAX_BYTES) {
            throw new InvalidImageException(MediaType.shown(name) + " in " + file + " has " + region.length()
                    + " bytes; at most " + JsonObject.MAX_BYTES + " are accepted");
        }
        byte[] bytes = new byte[(int) region.length()];
        region.read(0, bytes, 0, bytes.length);
        return bytes;
    }

    /** The bytes of a member; old archives have links from a layer that repeats to its first place. */
    private ByteRegion region(Map<String, TarEntry> members, String name) throws InvalidImageException {
        String at = name;
        for (int links = 0; links <= MAX_LINKS; links++) {
            TarEntry entry = members.get(at);
            if (entry == null) {
                throw new InvalidImageException("the archive " + file + " has no member " + MediaType.shown(name)
                        + ", which its " + MANIFEST + " names. Save the image again");
            }
            switch (entry.type()) {
                case SYMLINK -> at = besides(at, entry.linkName());
                case HARD_LINK -> at = entry.linkName();
                default -> {
                    return entry.content()
                            .asRegion()
                            .orElseThrow(() -> new InvalidImageException("the member " + MediaType.shown(name) + " of "
                                    + file + " is empty or not a plain file"));
                }
            }
        }
        throw new InvalidImageException("the member " + MediaType.shown(name) + " of " + file + " is a link to itself");
    }

    /** What a relative symlink in the archive leads to. */
    private static String besides(String name, String target) {
        Deque<String> path = new ArrayDeque<>(Arrays.asList(name.split("/", -1)));
        path.pollLast();
        for (String component : target.split("/", -1)) {
            if (component.equals("..")) {
                path.pollLast();
            } else if (!component.isEmpty() && !component.equals(".")) {
                path.addLast(component);
            }
        }
        return String.join("/", path);
    }

    private static boolean isGzip(ByteRegion region) throws IOException {
        byte[] magic = new byte[(int) Math.min(2, region.length())];
        region.read(0, magic, 0, magic.length);
        return magic.length == 2 && magic[0] == 0x1f && (magic[1] & 0xff) == 0x8b;
    }
}

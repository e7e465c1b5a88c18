// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import dev.thaw.image.tree.Shown;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads {@link ImageReference}s; words its refusals. Stateless. */
final class ReferenceParser {
    private static final int LONGEST = 4096 + 512;
    /** OCI image-spec, annotations.md: the grammar of org.opencontainers.image.ref.name, and of image names. */
    private static final Pattern REF_NAME = Pattern.compile("[A-Za-z0-9]([-A-Za-z0-9._:@/+]{0,511})");

    private static final Pattern TAGGED = Pattern.compile(".*:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");

    private static final String SUPPORTED = """
            Supported are
              NAME, NAME:TAG, NAME@sha256:HEX, HOST/NAME:TAG    (an image in a registry, as Docker names it)
              oci:DIR, oci:DIR:TAG, oci:DIR@sha256:HEX    (an OCI image layout)
              oci-archive:FILE, oci-archive:FILE:TAG, oci-archive:FILE@sha256:HEX    (the same in a tar archive)
              docker-archive:FILE, docker-archive:FILE:NAME:TAG    (what 'docker save' wrote)""";

    private ReferenceParser() {}

    static ImageReference parse(String text) {
        if (text.length() > LONGEST) {
            throw refused(text, "it is longer than " + LONGEST + " characters");
        }
        if (text.indexOf('\0') >= 0) {
            throw refused(text, "it has a NUL character");
        }
        if (text.startsWith(ImageReference.OCI)) {
            InLayout in = inLayout(text, text.substring(ImageReference.OCI.length()), "a folder");
            return new ImageReference.OciLayout(in.path(), in.tag(), in.digest());
        }
        if (text.startsWith(ImageReference.OCI_ARCHIVE)) {
            InLayout in = inLayout(text, text.substring(ImageReference.OCI_ARCHIVE.length()), "a file");
            return new ImageReference.OciArchive(in.path(), in.tag(), in.digest());
        }
        if (text.startsWith(ImageReference.DOCKER_ARCHIVE)) {
            return dockerArchive(text, text.substring(ImageReference.DOCKER_ARCHIVE.length()));
        }
        return registry(text);
    }

    private static ImageReference registry(String text) {
        if (text.isBlank()) {
            throw refused(text, "it is empty");
        }
        for (String transport : List.of("docker://", "https://", "http://", "docker-daemon:", "containers-storage:")) {
            if (text.startsWith(transport)) {
                throw refused(
                        text,
                        transport.endsWith("//")
                                ? "leave out " + transport
                                : "what is in a container engine's own store can't be read from there; save it"
                                        + " first, for example with 'docker save -o FILE NAME', and use"
                                        + " docker-archive:FILE");
            }
        }
        try {
            return RegistryGrammar.parse(text);
        } catch (IllegalArgumentException e) {
            throw new ImageException(refusal(text, e.getMessage()), e);
        }
    }

    static ImageException refused(String text, String reason) {
        return new ImageException(refusal(text, reason));
    }

    private static String refusal(String text, String reason) {
        return "image '" + Shown.of(text) + "': " + Shown.of(reason) + ". " + SUPPORTED;
    }

    /** What follows the scheme of a layout. */
    private record InLayout(Path path, Optional<String> tag, Optional<Digest> digest) {}

    private static InLayout inLayout(String text, String rest, String what) {
        int at = rest.lastIndexOf('@');
        int colon = rest.indexOf(':');
        // In DIR:NAME the name may have an @ and a colon; a digest comes right behind the folder.
        boolean digestFollowsFolder = at >= 0 && colon > at;
        if (digestFollowsFolder) {
            return new InLayout(
                    path(text, rest.substring(0, at), what),
                    Optional.empty(),
                    Optional.of(digest(text, rest.substring(at + 1))));
        }
        if (at >= 0 && colon >= 0 && rest.startsWith("@sha", at)) {
            throw refused(text, "it has both a tag and a digest; give one of them");
        }
        Optional<String> tag = Optional.empty();
        if (colon >= 0) {
            tag = Optional.of(name(text, rest.substring(colon + 1), "tag"));
            rest = rest.substring(0, colon);
        }
        return new InLayout(path(text, rest, what), tag, Optional.empty());
    }

    private static ImageReference dockerArchive(String text, String rest) {
        int colon = rest.indexOf(':');
        Optional<String> name = Optional.empty();
        if (colon >= 0) {
            String given = name(text, rest.substring(colon + 1), "image name");
            name = Optional.of(TAGGED.matcher(given).matches() ? given : given + ":latest");
            rest = rest.substring(0, colon);
        }
        return new ImageReference.DockerArchive(path(text, rest, "a file"), name);
    }

    private static Path path(String text, String path, String what) {
        if (path.isEmpty()) {
            throw refused(text, "the path of " + what + " is missing");
        }
        try {
            return Path.of(path).toAbsolutePath();
        } catch (InvalidPathException e) {
            throw refused(text, "'" + Shown.of(path) + "' is not a path: " + e.getReason());
        }
    }

    private static String name(String text, String name, String what) {
        if (!REF_NAME.matcher(name).matches()) {
            throw refused(
                    text,
                    "'" + Shown.of(name) + "' is not a valid " + what
                            + " (letters, digits and -._:@/+ are; a path can't have a colon)");
        }
        return name;
    }

    private static Digest digest(String text, String digest) {
        try {
            return Digest.parse(digest);
        } catch (IllegalArgumentException e) {
            throw refused(text, e.getMessage());
        }
    }
}

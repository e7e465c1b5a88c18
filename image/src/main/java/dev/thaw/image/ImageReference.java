// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where an image is. {@link #parse} reads what users write:
 *
 * <pre>
 * redis                          docker.io/library/redis:latest, as Docker reads it
 * redis:7                        a tag
 * ghcr.io/owner/name:1.2         another registry: the first part has a dot or a port, or is localhost
 * localhost:5000/name            with a port
 * redis@sha256:HEX               the image with that manifest (or index) digest, also behind a tag
 * oci:DIR                        an OCI image layout that holds one image
 * oci:DIR:TAG                    the image of that name in the layout
 * oci:DIR@sha256:HEX             the image with that manifest (or index) digest
 * oci-archive:FILE               the same three, in a tar archive
 * docker-archive:FILE            what 'docker save' wrote, with one image in it
 * docker-archive:FILE:NAME:TAG   the image of that name in the archive
 * </pre>
 *
 * <p>A path ends at the first colon, so it can't have one itself. Immutable; {@code toString} gives what
 * {@code parse} reads, with the absolute path or the shortest name.
 */
public sealed interface ImageReference
        permits ImageReference.Registry,
                ImageReference.OciLayout,
                ImageReference.OciArchive,
                ImageReference.DockerArchive {

    /** The scheme of {@link OciLayout}. */
    String OCI = "oci:";

    /** The scheme of {@link OciArchive}. */
    String OCI_ARCHIVE = "oci-archive:";

    /** The scheme of {@link DockerArchive}. */
    String DOCKER_ARCHIVE = "docker-archive:";

    /** The registry that names without one are in. */
    String DOCKER_HUB = "docker.io";

    /**
     * An image in a registry. Source: github.com/distribution/reference, whose grammar Docker uses.
     *
     * @param host the registry's host name or address, with its port if one is given: {@code docker.io},
     *     {@code localhost:5000}
     * @param repository in full: {@code library/redis}
     * @param tag {@code latest} if neither tag nor digest is given; with a digest it is only for people
     * @param digest of the manifest or of an index; says which image is meant, whatever the tag
     */
    record Registry(String host, String repository, Optional<String> tag, Optional<Digest> digest)
            implements ImageReference {
        /** Throws IllegalArgumentException, which names the part, if one of them is not well-formed. */
        public Registry {
            RegistryGrammar.check(host, repository, tag);
            if (tag.isEmpty() && digest.isEmpty()) {
                tag = Optional.of("latest");
            }
        }

        /** Host and repository, always in full. */
        public String name() {
            return host + "/" + repository;
        }

        /** The repository as Docker shows it: without {@code docker.io/} and {@code library/} where they go without saying. */
        public String familiarName() {
            if (!host.equals(DOCKER_HUB)) {
                return name();
            }
            String official = "library/";
            if (repository.startsWith(official) && repository.indexOf('/', official.length()) < 0) {
                return repository.substring(official.length());
            }
            // What looks like a host would be read as one.
            return RegistryGrammar.isHost(repository.split("/", 2)[0]) ? name() : repository;
        }

        @Override
        public String toString() {
            return familiarName()
                    + tag.map(t -> ":" + t).orElse("")
                    + digest.map(d -> "@" + d).orElse("");
        }
    }

    /**
     * An image in an OCI image layout.
     *
     * @param folder absolute
     * @param tag the manifest's {@code org.opencontainers.image.ref.name}; not together with a digest
     * @param digest of the manifest or of an index
     */
    record OciLayout(Path folder, Optional<String> tag, Optional<Digest> digest) implements ImageReference {
        public OciLayout {
            folder = folder.toAbsolutePath();
            requireOne(tag, digest);
        }

        @Override
        public String toString() {
            return OCI + withName(folder, tag, digest);
        }
    }

    /**
     * An image in an OCI image layout that is a tar archive.
     *
     * @param file absolute
     * @param tag the manifest's {@code org.opencontainers.image.ref.name}; not together with a digest
     * @param digest of the manifest or of an index
     */
    record OciArchive(Path file, Optional<String> tag, Optional<Digest> digest) implements ImageReference {
        public OciArchive {
            file = file.toAbsolutePath();
            requireOne(tag, digest);
        }

        @Override
        public String toString() {
            return OCI_ARCHIVE + withName(file, tag, digest);
        }
    }

    /**
     * An image in an archive that {@code docker save} wrote.
     *
     * @param file absolute
     * @param name repository and tag, for example {@code redis:7}
     */
    record DockerArchive(Path file, Optional<String> name) implements ImageReference {
        public DockerArchive {
            file = file.toAbsolutePath();
        }

        @Override
        public String toString() {
            return DOCKER_ARCHIVE + file + name.map(n -> ":" + n).orElse("");
        }
    }

    /**
     * Reads one of the forms above. A relative path starts at the JVM's working directory. Nothing is looked up.
     *
     * @throws ImageException if it is none of them; the message says which there are
     */
    static ImageReference parse(String text) {
        return ReferenceParser.parse(text);
    }

    private static void requireOne(Optional<String> tag, Optional<Digest> digest) {
        if (tag.isPresent() && digest.isPresent()) {
            throw new IllegalArgumentException("a reference into a layout takes a tag or a digest, not both");
        }
    }

    private static String withName(Path path, Optional<String> tag, Optional<Digest> digest) {
        return path
                + tag.map(t -> ":" + t).orElse("")
                + digest.map(d -> "@" + d).orElse("");
    }
}

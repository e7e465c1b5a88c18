// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where an image is. {@link #parse} reads what users write:
 *
 * <pre>
 * oci:DIR                        an OCI image layout that holds one image
 * oci:DIR:TAG                    the image of that name in the layout
 * oci:DIR@sha256:HEX             the image with that manifest (or index) digest
 * docker-archive:FILE            what 'docker save' wrote, with one image in it
 * docker-archive:FILE:NAME:TAG   the image of that name in the archive
 * </pre>
 *
 * <p>The path ends at the first colon, so it can't have one itself. Immutable; {@code toString} gives what
 * {@code parse} reads, with the absolute path.
 */
public sealed interface ImageReference permits ImageReference.OciLayout, ImageReference.DockerArchive {

    /** The scheme of {@link OciLayout}. */
    String OCI = "oci:";

    /** The scheme of {@link DockerArchive}. */
    String DOCKER_ARCHIVE = "docker-archive:";

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
            if (tag.isPresent() && digest.isPresent()) {
                throw new IllegalArgumentException("a reference takes a tag or a digest, not both");
            }
        }

        @Override
        public String toString() {
            return OCI
                    + folder
                    + tag.map(t -> ":" + t).orElse("")
                    + digest.map(d -> "@" + d).orElse("");
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
}

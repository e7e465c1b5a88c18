// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.manifest;

import dev.thaw.image.tree.InvalidImageException;
import dev.thaw.image.tree.Shown;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The media types that are known. Source: OCI image-spec, media-types.md; Docker manifest v2 schema 2. Stateless. */
public final class MediaType {
    static final String OCI_INDEX = "application/vnd.oci.image.index.v1+json";
    static final String OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";

    private static final Set<String> INDEXES =
            Set.of(OCI_INDEX, "application/vnd.docker.distribution.manifest.list.v2+json");
    private static final Set<String> MANIFESTS =
            Set.of(OCI_MANIFEST, "application/vnd.docker.distribution.manifest.v2+json");
    private static final Set<String> CONFIGS =
            Set.of("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json");
    private static final Set<String> LAYERS = Set.of(
            "application/vnd.oci.image.layer.v1.tar",
            "application/vnd.oci.image.layer.v1.tar+gzip",
            "application/vnd.oci.image.layer.v1.tar+zstd",
            "application/vnd.docker.image.rootfs.diff.tar",
            "application/vnd.docker.image.rootfs.diff.tar.gzip",
            "application/vnd.docker.image.rootfs.diff.tar.zstd");

    /** What a registry may send for a tag. */
    public static final String ACCEPTED_MANIFESTS =
            Stream.concat(INDEXES.stream(), MANIFESTS.stream()).sorted().collect(Collectors.joining(", "));

    private MediaType() {}

    public static boolean isIndex(String type) {
        return INDEXES.contains(type);
    }

    public static boolean isManifest(String type) {
        return MANIFESTS.contains(type);
    }

    static boolean isConfig(String type) {
        return CONFIGS.contains(type);
    }

    /**
     * Refuses what is not a layer, with the reason. Which compression a layer has, its bytes say: engines go by them
     * too, and images exist whose media types are wrong about it.
     */
    static void requireLayer(String type) throws InvalidImageException {
        if (LAYERS.contains(type)) {
            return;
        }
        if (type.contains("nondistributable") || type.contains("foreign")) {
            throw new InvalidImageException("its media type is '" + Shown.of(type)
                    + "': foreign layers, whose content is kept elsewhere, are not supported");
        }
        if (type.contains("encrypted")) {
            throw new InvalidImageException("its media type is '" + Shown.of(type)
                    + "': encrypted layers are not supported. Decrypt the image, for example with 'skopeo copy"
                    + " --decryption-key'");
        }
        throw new InvalidImageException("its media type is '" + Shown.of(type) + "'; layers of types "
                + LAYERS.stream().sorted().toList() + " are supported");
    }
}

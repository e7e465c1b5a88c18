// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layout;

import dev.thaw.image.tree.InvalidImageException;
import java.util.Set;

/** The media types that are known. Source: OCI image-spec, media-types.md; Docker manifest v2 schema 2. Stateless. */
final class MediaType {
    private static final Set<String> INDEXES = Set.of(
            "application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json");
    private static final Set<String> MANIFESTS = Set.of(
            "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json");
    private static final Set<String> CONFIGS =
            Set.of("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json");
    private static final Set<String> PLAIN_LAYERS =
            Set.of("application/vnd.oci.image.layer.v1.tar", "application/vnd.docker.image.rootfs.diff.tar");
    private static final Set<String> GZIP_LAYERS =
            Set.of("application/vnd.oci.image.layer.v1.tar+gzip", "application/vnd.docker.image.rootfs.diff.tar.gzip");

    private MediaType() {}

    static boolean isIndex(String type) {
        return INDEXES.contains(type);
    }

    static boolean isManifest(String type) {
        return MANIFESTS.contains(type);
    }

    static boolean isConfig(String type) {
        return CONFIGS.contains(type);
    }

    /** True for a gzip layer, false for a plain one. Any other is refused with its reason. */
    static boolean isGzipLayer(String type) throws InvalidImageException {
        if (GZIP_LAYERS.contains(type)) {
            return true;
        }
        if (PLAIN_LAYERS.contains(type)) {
            return false;
        }
        if (type.contains("nondistributable") || type.contains("foreign")) {
            throw new InvalidImageException("its media type is '" + shown(type)
                    + "': foreign layers, whose content is kept elsewhere, are not supported");
        }
        if (type.contains("zstd")) {
            throw new InvalidImageException("its media type is '" + shown(type)
                    + "': zstd layers are not supported by this version. Recompress the image with gzip, for example"
                    + " with 'skopeo copy --dest-compress-format gzip'");
        }
        throw new InvalidImageException("its media type is '" + shown(type) + "'; layers of types "
                + PLAIN_LAYERS.stream().sorted().toList() + " and "
                + GZIP_LAYERS.stream().sorted().toList() + " are supported");
    }

    /** A foreign text in a message is bounded and has no control characters. */
    static String shown(String text) {
        String cut = text.length() <= 200 ? text : text.substring(0, 200) + "...";
        return cut.replaceAll("\\p{Cntrl}", "?");
    }
}

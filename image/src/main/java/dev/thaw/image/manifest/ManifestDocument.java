// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.manifest;

import dev.thaw.image.tree.InvalidImageException;
import dev.thaw.image.tree.Shown;
import java.util.Locale;
import java.util.Optional;

/**
 * Manifests and indexes, each of which must be just one of both. One digest can name a document that is a manifest to
 * those who read {@code layers} and an index to those who read {@code manifests}; then what was checked or signed is not
 * what runs. Source: CVE-2021-41190 (GHSA-mc8v-mgrf-8f4m); OCI image-spec, manifest.md and image-index.md, "mediaType".
 * Stateless.
 */
public final class ManifestDocument {
    private ManifestDocument() {}

    /** Reads the index of a layout, whose type nobody says but itself. */
    public static JsonObject parseIndex(byte[] bytes, String name) throws InvalidImageException {
        JsonObject json = JsonObject.parse(bytes, name);
        requireOneKind(json);
        return json;
    }

    /** Reads what a descriptor points to. */
    static JsonObject parse(byte[] bytes, OciDescriptor descriptor) throws InvalidImageException {
        String kind = MediaType.isIndex(descriptor.mediaType()) ? "index " : "manifest ";
        JsonObject json = JsonObject.parse(bytes, kind + descriptor.digest());
        requireType(json, descriptor.mediaType(), "its descriptor");
        return json;
    }

    /**
     * Refuses a document that is something else than the answer's Content-Type says. Types that tell nothing of images,
     * such as {@code application/json}, are those of plain file servers and not minded.
     */
    public static void requireContentType(byte[] bytes, Optional<String> contentType, String name)
            throws InvalidImageException {
        String type = contentType.orElse("").split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        if (MediaType.isIndex(type) || MediaType.isManifest(type)) {
            requireType(JsonObject.parse(bytes, name), type, "the Content-Type");
        }
    }

    /** What a document says of itself, or else what it looks like. */
    static String typeOf(JsonObject json) throws InvalidImageException {
        requireOneKind(json);
        if (json.number("schemaVersion", 0) == 1 || json.has("fsLayers")) {
            throw json.invalid(
                    "schemaVersion",
                    "1, of which no registry should have any more. Push the image again with a current engine");
        }
        String looks = json.has("manifests") ? MediaType.OCI_INDEX : MediaType.OCI_MANIFEST;
        String type = json.optionalText("mediaType").orElse(looks);
        if (!MediaType.isIndex(type) && !MediaType.isManifest(type)) {
            throw json.invalid("mediaType", "'" + Shown.of(type) + "' is neither an image's manifest nor an index");
        }
        requireType(json, type, "its mediaType");
        return type;
    }

    private static void requireType(JsonObject json, String type, String saidBy) throws InvalidImageException {
        requireOneKind(json);
        String own = json.optionalText("mediaType").orElse(type);
        if (!own.equals(type)) {
            throw json.invalid(
                    "mediaType", saidBy + " says " + Shown.of(type) + ", the document says " + Shown.of(own));
        }
        if (MediaType.isManifest(type) && json.has("manifests")) {
            throw json.invalid("manifests", saidBy + " says " + type + ", but this is in an index only");
        }
        for (String field : new String[] {"layers", "config"}) {
            if (MediaType.isIndex(type) && json.has(field)) {
                throw json.invalid(field, saidBy + " says " + type + ", but this is in a manifest only");
            }
        }
    }

    private static void requireOneKind(JsonObject json) throws InvalidImageException {
        for (String field : new String[] {"layers", "config"}) {
            if (json.has("manifests") && json.has(field)) {
                throw json.invalid(
                        "manifests",
                        "it has '" + field + "' too, so it would be one image to some and another one to others."
                                + " That is refused (CVE-2021-41190); build the image again");
            }
        }
    }
}

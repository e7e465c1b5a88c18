// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.manifest;

import dev.thaw.image.Digest;
import dev.thaw.image.Platform;
import dev.thaw.image.tree.InvalidImageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Points to a blob. Source: OCI image-spec, descriptor.md, image-index.md.
 *
 * @param mediaType as given
 * @param digest of the blob
 * @param size of the blob in bytes
 * @param platform that it is for, if it says so
 * @param refName its name in a layout's index, if it has one
 */
public record OciDescriptor(
        String mediaType, Digest digest, long size, Optional<Platform> platform, Optional<String> refName) {
    private static final String REF_NAME = "org.opencontainers.image.ref.name";

    /** One that says nothing more. */
    public static OciDescriptor of(String mediaType, Digest digest, long size) {
        return new OciDescriptor(mediaType, digest, size, Optional.empty(), Optional.empty());
    }

    /**
     * One of a manifest or index that is there, as its own bytes tell what it is. Source: OCI image-spec, manifest.md and
     * image-index.md, "mediaType", which may be missing.
     */
    public static OciDescriptor ofManifest(Digest digest, byte[] bytes) throws InvalidImageException {
        return of(ManifestDocument.typeOf(JsonObject.parse(bytes, "manifest " + digest)), digest, bytes.length);
    }

    public static OciDescriptor read(JsonObject json) throws InvalidImageException {
        long size = json.number("size", -1);
        if (size < 0) {
            throw json.invalid("size", "expected the blob's length in bytes");
        }
        Optional<Platform> platform = Optional.empty();
        if (json.has("platform")) {
            platform = Optional.of(platform(json.object("platform")));
        }
        Optional<String> refName =
                Optional.ofNullable(json.textMap("annotations").get(REF_NAME));
        return new OciDescriptor(json.text("mediaType"), json.digest("digest"), size, platform, refName);
    }

    /** The fields that indexes and configurations name a platform with. */
    static Platform platform(JsonObject json) throws InvalidImageException {
        return new Platform(
                json.text("os"),
                json.text("architecture"),
                json.optionalText("variant").orElse(""));
    }

    /** What build tools add to an index about its images; nothing that could run. */
    boolean isAttestation() {
        return platform.isPresent()
                && platform.get().os().equals("unknown")
                && platform.get().architecture().equals("unknown");
    }

    /**
     * Refuses bytes that are not those that this points to.
     *
     * @param where they were found, for the message
     * @param remedy what the user can do about it
     */
    public void check(byte[] bytes, String where, String remedy) throws InvalidImageException {
        byte[] hash = digest.newMessageDigest().digest(bytes);
        if (bytes.length != size || !digest.matches(hash)) {
            throw new InvalidImageException(where + " has the wrong digest or length: expected " + digest + " and "
                    + size + " bytes, got "
                    + digest.withHash(hash) + " and "
                    + bytes.length + " bytes. " + remedy);
        }
    }

    /** Refuses a document that is too long to be read into memory. */
    public void checkDocumentSize(String what) throws InvalidImageException {
        if (size > JsonObject.MAX_BYTES) {
            throw new InvalidImageException(
                    what + " " + digest + " has " + size + " bytes; at most " + JsonObject.MAX_BYTES + " are accepted");
        }
    }

    public static List<OciDescriptor> readAll(List<JsonObject> list) throws InvalidImageException {
        List<OciDescriptor> descriptors = new ArrayList<>();
        for (JsonObject json : list) {
            descriptors.add(read(json));
        }
        return descriptors;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layout;

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
record OciDescriptor(
        String mediaType, Digest digest, long size, Optional<Platform> platform, Optional<String> refName) {
    private static final String REF_NAME = "org.opencontainers.image.ref.name";

    static OciDescriptor read(JsonObject json) throws InvalidImageException {
        long size = json.number("size", -1);
        if (size < 0) {
            throw json.invalid("size", "expected the blob's length in bytes");
        }
        Optional<Platform> platform = Optional.empty();
        if (json.has("platform")) {
            JsonObject given = json.object("platform");
            platform = Optional.of(new Platform(given.text("os"), given.text("architecture")));
        }
        Optional<String> refName =
                Optional.ofNullable(json.textMap("annotations").get(REF_NAME));
        return new OciDescriptor(json.text("mediaType"), json.digest("digest"), size, platform, refName);
    }

    static List<OciDescriptor> readAll(List<JsonObject> list) throws InvalidImageException {
        List<OciDescriptor> descriptors = new ArrayList<>();
        for (JsonObject json : list) {
            descriptors.add(read(json));
        }
        return descriptors;
    }
}

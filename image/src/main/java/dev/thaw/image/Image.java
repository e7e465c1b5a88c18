// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import java.util.List;

/**
 * An image of which manifest and configuration have been read and checked. Immutable.
 *
 * @param reference where it was found; a tag there may move, the digest does not
 * @param digest the image's identity: that of its manifest, or for a docker archive, which has none, that of its
 *     configuration (what Docker calls the image ID)
 * @param config what the image says about its process
 * @param diffIds digests of the uncompressed layers, lowest first; two images with the same ones have the same disk
 */
public record Image(ImageReference reference, Digest digest, ImageConfig config, List<Digest> diffIds) {
    public Image {
        diffIds = List.copyOf(diffIds);
    }
}

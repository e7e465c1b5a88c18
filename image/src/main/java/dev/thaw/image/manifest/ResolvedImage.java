// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.manifest;

import dev.thaw.image.Digest;
import dev.thaw.image.ImageConfig;
import dev.thaw.image.layer.LayerBlob;
import java.util.List;

/**
 * An image and where its layers are.
 *
 * @param digest its identity, see {@link dev.thaw.image.Image#digest}
 * @param config what it says about its process
 * @param layers lowest first
 */
public record ResolvedImage(Digest digest, ImageConfig config, List<LayerBlob> layers) {
    public ResolvedImage {
        layers = List.copyOf(layers);
    }

    /** Digests of the uncompressed layers, lowest first. */
    public List<Digest> diffIds() {
        return layers.stream().map(LayerBlob::diffId).toList();
    }
}

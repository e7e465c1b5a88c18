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
 * @param passedOver what counts as not there of that, see {@link ConfigReader}
 * @param layers lowest first
 */
public record ResolvedImage(Digest digest, ImageConfig config, List<String> passedOver, List<LayerBlob> layers) {
    public ResolvedImage {
        passedOver = List.copyOf(passedOver);
        layers = List.copyOf(layers);
    }

    /** Digests of the uncompressed layers, lowest first. */
    public List<Digest> diffIds() {
        return layers.stream().map(LayerBlob::diffId).toList();
    }
}

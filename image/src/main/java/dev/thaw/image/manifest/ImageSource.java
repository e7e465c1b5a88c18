// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.manifest;

import dev.thaw.image.Digest;
import dev.thaw.image.Platform;
import dev.thaw.image.layer.LayerBlob;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;
import java.util.List;

/** Where one reference's image comes from. Other kinds of sources join here. */
public interface ImageSource {
    /**
     * Finds the image that the reference means, for a platform.
     *
     * @throws InvalidImageException if there is none, or more than one, or something in it is wrong
     */
    ResolvedImage resolve(Platform platform) throws IOException, InterruptedException;

    /** Finds again the image with that identity. */
    ResolvedImage resolve(Digest digest, Platform platform) throws IOException, InterruptedException;

    /** Makes sure that the bytes of these layers of the image are where it says that they are. */
    default void fetch(List<LayerBlob> layers) throws IOException, InterruptedException {
        // most sources have them there
    }

    /**
     * Called with a layer whose bytes turned out to be damaged. True if the source has thrown them away and {@link
     * #fetch} brings others, so that it is worth trying again.
     */
    default boolean discard(LayerBlob damaged) throws IOException {
        return false;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layout;

import dev.thaw.image.Digest;
import dev.thaw.image.ImageReference;
import dev.thaw.image.Platform;
import dev.thaw.image.tree.InvalidImageException;
import java.io.IOException;

/** Where images come from. Other sources (registries) join here. */
public interface ImageSource {
    /**
     * Finds the image that the reference means, for a platform.
     *
     * @throws InvalidImageException if there is none, or more than one, or something in it is wrong
     */
    ResolvedImage resolve(Platform platform) throws IOException;

    /** Finds again the image with that identity. */
    ResolvedImage resolve(Digest digest, Platform platform) throws IOException;

    /** The source that the reference names. Reads nothing yet. */
    static ImageSource of(ImageReference reference) {
        // Java 17 has no switch over sealed types; the last case is a cast, so that a new one fails at once.
        return reference instanceof ImageReference.OciLayout layout
                ? new OciLayoutSource(layout)
                : new DockerArchiveSource((ImageReference.DockerArchive) reference);
    }
}

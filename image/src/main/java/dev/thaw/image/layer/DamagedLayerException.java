// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import dev.thaw.image.tree.InvalidImageException;
import java.io.Serial;

/** A layer's file is not what its digest says; where it came from may have it whole. */
public final class DamagedLayerException extends InvalidImageException {
    @Serial
    private static final long serialVersionUID = 1;

    private final transient LayerBlob layer;

    DamagedLayerException(String message, LayerBlob layer) {
        super(message);
        this.layer = layer;
    }

    /** The same of a layer whose name the message says. */
    public DamagedLayerException(String message, DamagedLayerException cause) {
        super(message, cause);
        this.layer = cause.layer;
    }

    public LayerBlob layer() {
        return layer;
    }
}

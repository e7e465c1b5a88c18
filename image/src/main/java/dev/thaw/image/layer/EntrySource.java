// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import dev.thaw.image.tar.TarEntry;
import java.io.IOException;

/** The entries of a layer, in their order: from its archive, or from an index of it. */
@FunctionalInterface
public interface EntrySource {
    /** The next one, or null at the end. */
    TarEntry next() throws IOException;
}

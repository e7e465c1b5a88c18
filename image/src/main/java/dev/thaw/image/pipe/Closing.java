// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.pipe;

import java.io.Closeable;
import java.io.IOException;
import java.util.Collection;

/** The end of several things that one owner holds. Stateless. */
public final class Closing {
    private Closing() {}

    /** Closes all of them, in that order, whatever happens. Throws the first failure, with the others suppressed in it. */
    public static void all(Collection<? extends Closeable> things) throws IOException {
        Exception first = null;
        for (Closeable thing : things) {
            try {
                thing.close();
            } catch (IOException | RuntimeException e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        if (first != null) {
            throw (IOException) first;
        }
    }
}

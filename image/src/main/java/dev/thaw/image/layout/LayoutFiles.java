// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layout;

import dev.thaw.image.manifest.Blobs;
import java.io.IOException;
import java.nio.file.NoSuchFileException;

/** The files of an OCI image layout, in a folder or in an archive. */
interface LayoutFiles extends Blobs, AutoCloseable {
    /** How the user reads of bytes that are wrong. */
    String REMEDY = "Fetch or build the image again";

    /**
     * A file beside the blobs, of bounded length.
     *
     * @throws NoSuchFileException if there is none of that name
     */
    byte[] file(String name) throws IOException;

    /** What and where this is, such as {@code the layout /images}, for messages. */
    String place();

    /** What to say if that file is missing, without which this is no layout. */
    String notALayout(String missing);

    @Override
    default void close() throws IOException {
        // a folder is not open
    }
}

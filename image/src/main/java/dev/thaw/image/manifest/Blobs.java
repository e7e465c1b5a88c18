// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.manifest;

import java.io.IOException;

/** Where the blobs of images are: the folder of a layout, an archive, a registry with its cache. */
public interface Blobs {
    /**
     * A blob of JSON, of bounded length and checked against its descriptor.
     *
     * @param what it is, such as {@code manifest}, for messages
     */
    byte[] document(OciDescriptor descriptor, String what) throws IOException, InterruptedException;

    /** Where a layer lies, or will lie once it has been fetched. */
    Place layer(OciDescriptor descriptor) throws IOException;
}

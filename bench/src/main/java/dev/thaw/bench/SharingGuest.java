// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import java.io.IOException;
import java.nio.file.Path;

/** A guest that sees a folder of the host, with the driver in it. */
interface SharingGuest extends AutoCloseable {

    /** The host's folder. */
    Path folder();

    ShareDriver driver();

    @Override
    void close() throws IOException;
}

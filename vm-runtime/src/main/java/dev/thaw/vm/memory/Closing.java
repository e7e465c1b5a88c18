// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.memory;

import java.io.IOException;
import java.nio.channels.FileChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The end of files that were only read, or that nobody needs any more. Stateless. */
final class Closing {
    private static final Logger LOG = LoggerFactory.getLogger(Closing.class);

    private Closing() {}

    /** Closes it; a failure loses nothing, and is only noted. */
    static void close(FileChannel file, String what) {
        try {
            file.close();
        } catch (IOException e) {
            LOG.debug("Closing {} failed.", what, e);
        }
    }
}

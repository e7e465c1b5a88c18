// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * What the service has written to standard output and standard error since it started, the time before the freeze
 * included. Thread-safe.
 */
public interface Logs {

    /**
     * The lines so far, oldest first. At most the last 4 MiB of text are kept; if there was more, the first line says so.
     */
    List<LogLine> lines();

    /**
     * Calls the consumer with every line so far and then with every new one, in order, on a thread that belongs to the
     * VM. A consumer that is too slow loses lines and is given one line of source THAW in their place. An exception
     * from it ends the subscription and is logged.
     *
     * @return ends the subscription when closed; closing the VM does so, too
     */
    Subscription follow(Consumer<LogLine> consumer);

    /** The whole log as a text file on the host, capped at 64 MiB. It goes with the VM. */
    Path file();

    /** A running {@link #follow}. */
    interface Subscription extends AutoCloseable {
        @Override
        void close();
    }
}

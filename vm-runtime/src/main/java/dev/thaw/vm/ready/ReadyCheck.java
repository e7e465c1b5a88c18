// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.ready;

import dev.thaw.vm.lifecycle.Deadline;
import java.io.IOException;
import java.time.Duration;

/** One condition, looked at again and again. */
interface ReadyCheck {
    /** What a look gets, even if the deadline comes sooner. */
    Duration SHORTEST_LOOK = Duration.ofSeconds(1);

    /** Looks once. An exception means that the guest is gone; everything else is just not ready yet. */
    boolean isReady(Deadline deadline) throws IOException;

    /** How long to wait until the next look. */
    Duration interval();

    /** What is waited for and what was last seen, as the object of "waited for". */
    String describe();
}

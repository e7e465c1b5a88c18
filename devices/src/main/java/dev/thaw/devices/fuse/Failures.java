// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.host.Errno;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers requests that failed. */
final class Failures {
    private static final Logger log = LoggerFactory.getLogger(Failures.class);

    private Failures() {}

    /** What nobody foresaw is EIO to the guest, and a stack in the log, as the guest can't tell us more. */
    static void answer(FuseCall call, Throwable failure) {
        Optional<Errno> known = FuseErrors.known(failure);
        if (known.isEmpty()) {
            log.error("{} failed, is answered with EIO", call, failure);
        } else if (log
                .isDebugEnabled()) { // messages take time, and most failures are answers: there is no such attribute
            log.debug("{}: {}", call, failure.getMessage());
        }
        call.fail(known.orElse(Errno.EIO));
    }
}

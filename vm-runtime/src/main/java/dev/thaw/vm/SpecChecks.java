// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import java.time.Duration;
import java.util.List;

/** What holds for the values of every spec. */
final class SpecChecks {
    /** Nobody waits longer, and sums of such times are still times. */
    private static final Duration MAX_TIMEOUT = Duration.ofDays(365);

    private SpecChecks() {}

    static void requireEnvironment(String name, String value) {
        if (name.isEmpty() || name.contains("=") || name.indexOf('\0') >= 0 || value.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("Not an environment variable: '" + name
                    + "'. A name is not empty and has no '='; neither it nor the value has NUL.");
        }
    }

    static void requireTimeout(String what, Duration timeout) {
        if (timeout.isNegative() || timeout.isZero() || timeout.compareTo(MAX_TIMEOUT) > 0) {
            throw new IllegalArgumentException(what + " timeout has to be positive and at most " + MAX_TIMEOUT.toDays()
                    + " days, not " + timeout + ".");
        }
    }

    /** Two folders at one place: only the later one would be seen. */
    static void requireFree(ShareSpec share, List<ShareSpec> others) {
        for (ShareSpec other : others) {
            if (other.mountPoint().equals(share.mountPoint())) {
                throw new IllegalArgumentException("Two folders are to be shared at " + share.mountPoint() + ": "
                        + other.folder() + " and " + share.folder() + ". Give one of them another place.");
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import java.time.Instant;

/**
 * A line that the service wrote, without its end of line. Bytes that are not UTF-8 are replaced; lines over 16 KiB are cut into several.
 *
 * @param source where it was written
 * @param time when the guest saw it, by the guest's clock
 */
public record LogLine(Source source, Instant time, String text) {

    /** Where a line comes from. */
    public enum Source {
        STDOUT,
        STDERR,
        /** Thaw itself, for example to say that lines were lost because they came faster than they were read. */
        THAW
    }
}

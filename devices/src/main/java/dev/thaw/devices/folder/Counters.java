// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import java.util.concurrent.atomic.LongAdder;

/** What a tree has done. Thread-safe. */
final class Counters {
    final LongAdder bytesRead = new LongAdder();
    final LongAdder bytesWritten = new LongAdder();
    final LongAdder readAheadHits = new LongAdder();
    final LongAdder readAheadMisses = new LongAdder();
    final LongAdder readAheadBytes = new LongAdder();
    final LongAdder refreshes = new LongAdder();
    final LongAdder staleRetries = new LongAdder();
    final LongAdder hostChanges = new LongAdder();
    final LongAdder overflows = new LongAdder();
}

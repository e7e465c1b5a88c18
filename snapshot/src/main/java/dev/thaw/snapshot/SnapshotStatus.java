// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.time.Instant;
import java.util.List;

/**
 * How a snapshot stood in its store at one moment. Immutable.
 *
 * @param snapshot the one that it is about
 * @param lastUse when it was used last, or else made
 * @param pinned whether it is never swept
 * @param users leases of processes that live and use it
 * @param ownBytes what no other snapshot refers to or shares, without holes and as far as is known: about what goes with it
 */
public record SnapshotStatus(Snapshot snapshot, Instant lastUse, boolean pinned, List<User> users, long ownBytes) {
    public SnapshotStatus {
        users = List.copyOf(users);
    }

    /**
     * Who uses it.
     *
     * @param pid the process
     * @param purpose for people: which test, which machine; written by any process of the user
     */
    public record User(long pid, String purpose) {}
}

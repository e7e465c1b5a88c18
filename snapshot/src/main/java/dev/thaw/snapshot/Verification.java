// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.util.List;

/**
 * What a full check of a snapshot found.
 *
 * @param snapshot the one that was checked
 * @param problems one sentence for each file that is not what the manifest says; empty if all is well
 */
public record Verification(Snapshot snapshot, List<String> problems) {
    public Verification {
        problems = List.copyOf(problems);
    }

    public boolean intact() {
        return problems.isEmpty();
    }
}

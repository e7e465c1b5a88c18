// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.guest;

import java.util.concurrent.CompletableFuture;

/**
 * Keeps what has been done on the host's side ahead of the bytes that are sent afterwards: a test that writes a shared file
 * and then calls the service expects it to read what it wrote. Thread-safe.
 */
public interface Fence {
    /** Where nothing is shared. */
    Fence NONE = new Fence() {
        @Override
        public boolean isClear() {
            return true;
        }

        @Override
        public CompletableFuture<Void> cleared() {
            return CompletableFuture.completedFuture(null);
        }
    };

    /** Whether the guest knows of everything that has been done up to this call. Takes a microsecond or two. */
    boolean isClear();

    /** Completes when the guest knows of everything that has been done up to this call, or is past knowing. Never fails. */
    CompletableFuture<Void> cleared();
}

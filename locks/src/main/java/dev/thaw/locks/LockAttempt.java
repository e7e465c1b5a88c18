// SPDX-License-Identifier: Apache-2.0
package dev.thaw.locks;

/** What came of trying to take a lock: the lock, or word of who has it. */
public sealed interface LockAttempt permits HeldLock, LockAttempt.Busy {

    /** What is written in the lock file; of a held lock that is what this or an earlier holder wrote. */
    String content();

    /** Another thread or process has the lock. */
    record Busy(String content) implements LockAttempt {}
}

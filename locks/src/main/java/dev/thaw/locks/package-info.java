// SPDX-License-Identifier: Apache-2.0
/**
 * Exclusive locks between threads and between processes, by lock file: {@link dev.thaw.snapshot.lock.FileLocks}.
 *
 * <p>The kernel releases a process's locks when it ends, however it ends. Everything here is thread-safe.
 */
package dev.thaw.snapshot.lock;

// SPDX-License-Identifier: Apache-2.0
/**
 * Locks between threads and between processes, by lock file, alone or shared: {@link dev.thaw.locks.FileLocks}. Whoever waits in
 * vain is told who has them.
 *
 * <p>The kernel releases a process's locks when it ends, however it ends. Everything here is thread-safe.
 */
package dev.thaw.locks;

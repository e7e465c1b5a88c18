// SPDX-License-Identifier: Apache-2.0
/**
 * Makes a large file share what it has in common with another: {@link dev.thaw.snapshot.dedup.Deduplicator}.
 *
 * <p>The file becomes a clone of the other one, into which the pages that differ are written; it replaces the original by
 * an atomic rename and has the same bytes. A {@code Deduplicator} is immutable and thread-safe. A run uses the caller's
 * thread and, if there is enough to compare, one more, which has ended when the run returns.
 */
package dev.thaw.snapshot.dedup;

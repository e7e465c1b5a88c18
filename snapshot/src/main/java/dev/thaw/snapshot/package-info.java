// SPDX-License-Identifier: Apache-2.0
/**
 * Frozen machines on disk: found by their bake key, baked once per machine, sealed and verified.
 *
 * <p>Start at {@link dev.thaw.snapshot.SnapshotStore}. {@link dev.thaw.snapshot.Leases} keeps track of what must not
 * outlive the process that uses it. Store and leases are thread-safe, and several processes may share a folder;
 * a {@link dev.thaw.snapshot.Draft} belongs to the thread that bakes, everything else is an immutable value.
 *
 * <p>What lies where on disk, and which lock guards what, is in docs/store.md.
 */
package dev.thaw.snapshot;

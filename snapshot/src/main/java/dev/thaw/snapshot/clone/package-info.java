// SPDX-License-Identifier: Apache-2.0
/**
 * Blocks of files: shared between files (clones), left out (holes), and counted.
 *
 * <p>Start at {@link dev.thaw.snapshot.clone.FileBlocks#probe}. It finds out by trying whether a folder's file system has
 * clones, and loads native code only where the type of the file system leaves that open. A {@code FileBlocks} is
 * immutable and thread-safe; an {@link dev.thaw.snapshot.clone.OpenBlocks} belongs to one thread.
 *
 * <p>Linux is tested with XFS, Btrfs and ext4. The macOS side is written from its documentation and not verified.
 */
package dev.thaw.snapshot.clone;

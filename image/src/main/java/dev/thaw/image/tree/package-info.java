// SPDX-License-Identifier: Apache-2.0
/**
 * The file tree of an image while it is put together, and where the contents of its files lie.
 *
 * <p>Start at {@link dev.thaw.image.tree.Inode}. Names, symlink targets and attribute names are bytes, held as
 * ISO-8859-1 strings: one char for each byte, so nothing is lost and strings sort as the bytes do.
 *
 * <p>Inodes are confined to the thread that builds and writes the tree; the rest is immutable.
 */
package dev.thaw.image.tree;

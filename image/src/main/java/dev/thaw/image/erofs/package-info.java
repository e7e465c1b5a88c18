// SPDX-License-Identifier: Apache-2.0
/**
 * Writes EROFS file systems: uncompressed, with 4096-byte blocks, readable by Linux 5.4 and later.
 *
 * <p>Start at {@link dev.thaw.image.erofs.ErofsWriter}. Source: Linux 6.1, fs/erofs/erofs_fs.h and
 * Documentation/filesystems/erofs.rst. Everything is little-endian. The same tree always gives the same bytes.
 *
 * <pre>
 * block 0     superblock at byte 1024
 * block 1...  contents of files, then of folders, each from a block boundary, without their inlined tails
 * then        shared extended attributes, if there are any
 * then        inodes, each with its own attributes and its tail behind it
 * </pre>
 *
 * <p>Addresses are all known before the first byte is written, so the disk is hashed and written in one sweep, the latter
 * by a thread of {@link dev.thaw.image.erofs.DiskOutput}. All else is confined to one thread. Files of the same content
 * share their blocks.
 */
package dev.thaw.image.erofs;

// SPDX-License-Identifier: Apache-2.0
/**
 * A reader of EROFS disks that shares nothing with the writer, so that disks can be judged without mounting them.
 *
 * <p>Start at {@link dev.thaw.image.testing.erofs.ErofsReader}. Written from Linux 6.1, fs/erofs/erofs_fs.h. It reads
 * what mkfs.erofs writes without compression and chunks, and is stricter than the kernel. Not thread-safe.
 */
package dev.thaw.image.testing.erofs;

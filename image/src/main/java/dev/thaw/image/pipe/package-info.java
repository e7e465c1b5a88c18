// SPDX-License-Identifier: Apache-2.0
/**
 * Work on a stream of bytes that goes on beside the making of it.
 *
 * <p>Start at {@link dev.thaw.image.pipe.ChunkPipe}. Each pipe has one thread, which ends with it.
 */
package dev.thaw.image.pipe;

// SPDX-License-Identifier: Apache-2.0
/**
 * What never changes: files named by their content, checked by seals, put once.
 *
 * <p>Start at {@link dev.thaw.snapshot.blob.BlobFolder}. Large files that are mostly holes are named by the hash of a
 * {@link dev.thaw.snapshot.blob.ChunkList}. Everything here is thread-safe.
 */
package dev.thaw.snapshot.blob;

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import dev.thaw.image.Digest;

/**
 * The disk that holds what an index speaks of.
 *
 * @param key of the disk in the cache
 * @param digest of its bytes
 * @param sizeBytes its length
 * @param format what goes up when the same layers are to give other bytes
 */
public record IndexedDisk(Digest key, Digest digest, long sizeBytes, int format) {}

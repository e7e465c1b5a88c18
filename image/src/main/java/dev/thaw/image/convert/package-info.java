// SPDX-License-Identifier: Apache-2.0
/**
 * From an image's layers to its disk in the cache.
 *
 * <p>Start at {@link dev.thaw.image.convert.Conversion}: it takes layers from disks that were made before where it can,
 * unpacks the others, and begins again without whatever turns out to be damaged. The pieces are in {@code layer} (layers to
 * a tree), {@code erofs} (a tree to a disk) and {@code cache} (files that JVMs share). Objects are used by one thread.
 */
package dev.thaw.image.convert;

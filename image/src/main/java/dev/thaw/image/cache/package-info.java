// SPDX-License-Identifier: Apache-2.0
/**
 * What all JVMs of a user share: finished disks, indexes of the layers that they were made of, fetched blobs, and what
 * tags meant.
 *
 * <p>Start at {@link dev.thaw.image.cache.DiskCache} and {@link dev.thaw.image.cache.BlobCache}. A file is there whole or
 * not at all: it is written beside its place, synced and renamed. A lock file keeps two JVMs from doing the same work;
 * nothing depends on it, as both would write the same bytes. Thread-safe, but for {@link
 * dev.thaw.image.cache.SourceDisk}.
 */
package dev.thaw.image.cache;

// SPDX-License-Identifier: Apache-2.0
/**
 * The folder of finished disks that all JVMs of a user share.
 *
 * <p>Start at {@link dev.thaw.image.cache.DiskCache}. A disk is there whole or not at all: it is written beside its
 * place, synced and renamed. A lock file per disk keeps two JVMs from doing the same work; nothing depends on it, as
 * both would write the same bytes. Thread-safe.
 */
package dev.thaw.image.cache;

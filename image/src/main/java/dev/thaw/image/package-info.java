// SPDX-License-Identifier: Apache-2.0
/**
 * Container images: from a reference to a configuration and one EROFS disk.
 *
 * <p>Start at {@link dev.thaw.image.ImageStore}. Only this package is public API; the packages below it are internal:
 * {@code layout} reads OCI layouts and docker archives, {@code layer} flattens layers, {@code tree} holds the result,
 * {@code erofs} writes it, {@code cache} publishes it.
 *
 * <p>Values are immutable; the store is thread-safe. Every byte that is read is taken to be hostile.
 */
package dev.thaw.image;

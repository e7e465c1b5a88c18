// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import java.nio.file.Path;

/**
 * An image's file system as an EROFS disk in the cache. Nobody may write to the file.
 *
 * @param file absolute path
 * @param digest sha256 of the file's bytes; the same layers always give the same bytes
 * @param sizeBytes length of the file, a multiple of 4096; runs of zeros in it may be holes
 */
public record Disk(Path file, Digest digest, long sizeBytes) {}

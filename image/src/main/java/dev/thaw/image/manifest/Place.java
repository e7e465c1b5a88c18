// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.manifest;

import java.nio.file.Path;

/**
 * Where the bytes of a blob begin.
 *
 * @param file that holds them
 * @param offset in the file, in bytes
 */
public record Place(Path file, long offset) {}

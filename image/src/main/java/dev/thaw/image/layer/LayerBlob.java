// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

import dev.thaw.image.Digest;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a layer's bytes lie and what they must be.
 *
 * @param name for messages, such as {@code layer 2 of 3}
 * @param file that holds it
 * @param offset in the file, in bytes
 * @param length in the file, in bytes
 * @param digest of these bytes; empty if nothing says it, as in a docker archive
 * @param diffId of the uncompressed bytes
 */
public record LayerBlob(String name, Path file, long offset, long length, Optional<Digest> digest, Digest diffId) {}

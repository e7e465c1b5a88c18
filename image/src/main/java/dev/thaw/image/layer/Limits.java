// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

/**
 * What an image may cost. Far above real images, far below what hurts.
 *
 * @param entries tar members of all layers together
 * @param heapBytes what members of all layers together take in memory: about 500 bytes each, and their names, link
 *     targets, attributes and sparse maps
 * @param unpackedBytes of all layers together; compressed ones are unpacked to a temporary file
 * @param contentBytes of all files of a layer stack, holes included; bounds the disk
 */
public record Limits(int entries, long heapBytes, long unpackedBytes, long contentBytes) {
    private static final long GIB = 1L << 30;

    public static final Limits DEFAULT = new Limits(1_000_000, GIB / 2, 64 * GIB, 64 * GIB);
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.layer;

/**
 * What an image may cost. Far above real images, far below what hurts.
 *
 * @param entries tar members of all layers together; each takes some 300 bytes of heap
 * @param metadataBytes names, link targets and attributes of all layers together; they are held in memory
 * @param unpackedBytes of all layers together; compressed ones are unpacked to a temporary file
 * @param contentBytes of all files of a layer stack, holes included; bounds the disk
 */
public record Limits(int entries, long metadataBytes, long unpackedBytes, long contentBytes) {
    private static final long GIB = 1L << 30;

    public static final Limits DEFAULT = new Limits(2_000_000, GIB / 4, 64 * GIB, 64 * GIB);
}

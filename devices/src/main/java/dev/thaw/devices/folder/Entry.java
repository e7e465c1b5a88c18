// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

/**
 * A name that leads to a node. Whoever is given one holds one more lookup of the node, which {@link FileTree#forget}
 * gives back; until then the number is valid.
 *
 * @param node never zero, and never given to another file
 */
public record Entry(long node, Attributes attributes) {}

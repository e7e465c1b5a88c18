// SPDX-License-Identifier: Apache-2.0
/**
 * Reads tar archives at random positions: ustar, PAX, GNU and v7 headers, and sparse files of every kind.
 *
 * <p>Start at {@link dev.thaw.image.tar.TarReader}. Sources: POSIX.1-2017 "pax Interchange Format"; GNU tar manual,
 * "Basic Tar Format", "Storing Sparse Files". Where archives in the wild disagree, Go's archive/tar decides, because
 * that is what container engines read layers with.
 *
 * <p>A reader is confined to one thread; entries are immutable.
 */
package dev.thaw.image.tar;

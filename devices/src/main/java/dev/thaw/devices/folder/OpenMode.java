// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

/**
 * How to open a file.
 *
 * @param append each write goes to the file's end, wherever the guest thinks that is
 * @param truncate to nothing, in one with the opening
 * @param direct past the guest's cache
 */
public record OpenMode(boolean read, boolean write, boolean append, boolean truncate, boolean direct, boolean sync) {}

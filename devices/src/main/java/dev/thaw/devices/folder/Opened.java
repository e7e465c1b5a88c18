// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

/**
 * An open handle.
 *
 * @param handle never zero, and not used again after its release
 * @param keepCache what the guest has cached of the file's data, or of the folder's names, is still true
 */
public record Opened(long handle, boolean keepCache) {}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

/**
 * How a folder is shared.
 *
 * @param readOnly all changes are EROFS
 * @param serviceUid whom the files of this process's user belong to in the guest
 * @param maxHandles open at a time, beyond which it is ENFILE
 * @param maxOpenFolders descriptors of folders that are kept
 * @param maxListingBytes what listings under way may take, beyond which it is ENOMEM
 * @param maxRememberedOwners files whose owners the guest has changed, beyond which it is EDQUOT
 */
public record FolderOptions(
        boolean readOnly,
        int serviceUid,
        int serviceGid,
        int maxHandles,
        int maxOpenFolders,
        long maxListingBytes,
        int maxRememberedOwners) {

    public FolderOptions {
        if (maxHandles < 1 || maxOpenFolders < 1 || maxListingBytes < 1 || maxRememberedOwners < 0) {
            throw new IllegalArgumentException(
                    "limits of a shared folder: " + maxHandles + " handles, " + maxOpenFolders + " open folders, "
                            + maxListingBytes + " bytes of listings, " + maxRememberedOwners + " owners");
        }
    }

    /** Writable or not, with limits that no test should meet. */
    public static FolderOptions of(boolean readOnly, int serviceUid, int serviceGid) {
        return new FolderOptions(readOnly, serviceUid, serviceGid, 16_384, 512, 256L << 20, 1_000_000);
    }
}

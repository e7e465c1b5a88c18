// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.erofs;

import java.util.Optional;

/**
 * An extended attribute's name as EROFS splits it. Source: Linux 6.1 fs/erofs/erofs_fs.h, EROFS_XATTR_INDEX_*.
 *
 * @param index says the namespace
 * @param suffix what follows the namespace; empty for the two attributes of access control lists
 */
public record XattrName(int index, String suffix) {
    private static final String[] PREFIXES = {
        null, "user.", "system.posix_acl_access", "system.posix_acl_default", "trusted.", null, "security."
    };

    /** The name split, or empty if EROFS has no such namespace. */
    public static Optional<XattrName> of(String fullName) {
        for (int i = 1; i < PREFIXES.length; i++) {
            String prefix = PREFIXES[i];
            if (prefix != null && fullName.startsWith(prefix)) {
                String suffix = fullName.substring(prefix.length());
                if (prefix.endsWith(".") != suffix.isEmpty()) {
                    return Optional.of(new XattrName(i, suffix));
                }
            }
        }
        return Optional.empty();
    }
}

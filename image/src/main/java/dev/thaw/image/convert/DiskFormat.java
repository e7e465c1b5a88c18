// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.convert;

import dev.thaw.image.Digest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** What layers become. */
final class DiskFormat {
    /** Part of each disk's key. Goes up when the same layers are to give other bytes, so that old disks are left. */
    static final int NUMBER = 2;

    private DiskFormat() {}

    /** The same layers in the same order are the same disk, whatever image they are of. */
    static Digest keyOf(List<Digest> diffIds) {
        String canonical = diffIds.stream()
                .map(d -> d + "\n")
                .collect(Collectors.joining("", "thaw erofs disk " + NUMBER + "\n", ""));
        return Digest.sha256Of(canonical.getBytes(StandardCharsets.UTF_8));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.instance;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Names for single VMs: what they are, and a random part that tells them apart. */
public final class InstanceId {
    private static final int RANDOM_BYTES = 3;

    private InstanceId() {}

    public static String of(String name) {
        byte[] random = new byte[RANDOM_BYTES];
        new SecureRandom().nextBytes(random);
        return name + "-" + HexFormat.of().formatHex(random);
    }
}

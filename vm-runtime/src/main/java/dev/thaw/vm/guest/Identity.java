// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.guest;

import dev.thaw.vm.channel.WireWriter;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;

/**
 * What makes one copy of a snapshot different from all others, fresh for each session.
 *
 * @param hostName 1 to 64 letters, digits and dashes
 */
public record Identity(String hostName) {
    private static final int ENTROPY_BYTES = 64;
    private static final int ID_BYTES = 16;

    /** The RESUME request; the time in it is the time of this call. */
    byte[] encodeResume(Clock clock, SecureRandom random) {
        byte[] entropy = bytes(random, ENTROPY_BYTES);
        byte[] machineId = bytes(random, ID_BYTES);
        byte[] bootId = bytes(random, ID_BYTES);
        Instant now = clock.instant();
        return new WireWriter()
                .i64(now.getEpochSecond())
                .u32(now.getNano())
                .raw(entropy)
                .raw(machineId)
                .raw(bootId)
                .string(hostName)
                .toBytes();
    }

    private static byte[] bytes(SecureRandom random, int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }
}

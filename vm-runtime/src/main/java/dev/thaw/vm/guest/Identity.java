// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.guest;

import dev.thaw.vm.channel.WireWriter;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.UUID;

/**
 * What makes one copy of a snapshot different from all others. A copy keeps it when it runs on after a freeze or a
 * checkpoint of its own.
 *
 * @param hostName 1 to 64 letters, digits and dashes
 * @param machineId 128 random bits
 * @param bootId 128 random bits
 */
public record Identity(String hostName, UUID machineId, UUID bootId) {
    private static final int ENTROPY_BYTES = 64;

    /** One that nobody has had before, but for the name. */
    public static Identity fresh(String hostName) {
        SecureRandom random = new SecureRandom();
        return new Identity(hostName, randomBits(random), randomBits(random));
    }

    /** All of the bits, of which a random UUID by its definition would fix six. */
    private static UUID randomBits(SecureRandom random) {
        return new UUID(random.nextLong(), random.nextLong());
    }

    /** The RESUME request, with entropy that is never used again; the time in it is the time of this call. */
    byte[] encodeResume(Clock clock, SecureRandom random) {
        byte[] entropy = new byte[ENTROPY_BYTES];
        random.nextBytes(entropy);
        Instant now = clock.instant();
        return new WireWriter()
                .i64(now.getEpochSecond())
                .u32(now.getNano())
                .raw(entropy)
                .raw(bytes(machineId))
                .raw(bytes(bootId))
                .string(hostName)
                .toBytes();
    }

    private static byte[] bytes(UUID bits) {
        return ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(bits.getMostSignificantBits())
                .putLong(bits.getLeastSignificantBits())
                .array();
    }
}

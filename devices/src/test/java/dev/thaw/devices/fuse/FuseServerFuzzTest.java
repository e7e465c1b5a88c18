// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import static org.assertj.core.api.BDDAssertions.then;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.thaw.devices.testing.MemoryTree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Sends whatever a guest could: each request gets one answer of the right length, or none where there is none. */
class FuseServerFuzzTest {
    private static final String SEED = "thaw.fuse.seed";

    /**
     * Frames of two bytes of length, then a message of which the header's length and number are put right in most
     * cases.
     */
    @FuzzTest
    void any_bytes_get_the_answers_that_are_due(byte[] data) throws IOException {
        try (MemoryTree tree = new MemoryTree()) {
            FuseServer server = new FuseServer(
                    tree, FuseOptions.defaults().withLimits(8, 4), Runnable::run, n -> true, Notifier.NONE);
            FuseGuest guest = FuseGuest.begun(server);
            List<CompletableFuture<FuseGuest.Answer>> answers = new ArrayList<>();
            ByteBuffer input = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
            for (long number = 1000; input.remaining() > 2; number += 2) {
                int length = Math.min(Short.toUnsignedInt(input.getShort()), input.remaining());
                byte[] message = new byte[length];
                input.get(message);
                answers.add(send(guest, message, number));
            }
            server.close();
            then(answers).allSatisfy(answer -> then(answer).isCompleted());
            then(guest.wrongs()).isEmpty();
            then(server.counters().inFlight()).isZero();
        }
    }

    private static CompletableFuture<FuseGuest.Answer> send(FuseGuest guest, byte[] message, long number) {
        ByteBuffer framed = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
        boolean asIs = message.length < FuseInHeader.SIZE || message[FuseInHeader.SIZE - 1] == 1;
        if (asIs) {
            return guest.send(framed, FuseInHeader.uniqueOf(framed));
        }
        framed.putInt(FuseInHeader.LENGTH, message.length).putLong(FuseInHeader.UNIQUE, number);
        framed.putInt(FuseInHeader.OPCODE, Math.floorMod(framed.getInt(FuseInHeader.OPCODE), 60));
        return guest.send(framed, number);
    }

    /** Random requests whose numbers, names and lengths are near to what means something. */
    @Test
    void a_hundred_thousand_likely_requests_get_the_answers_that_are_due() throws IOException {
        long seed = Long.getLong(SEED, System.nanoTime());
        System.out.println("-D" + SEED + "=" + seed);
        for (int run = 0; run < 200; run++) {
            Random random = new Random(seed + run);
            ByteBuffer frames = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < 500; i++) {
                byte[] body = likelyBody(random);
                frames.putShort((short) (FuseInHeader.SIZE + body.length));
                frames.putInt(0).putInt(random.nextInt(60)).putLong(0);
                frames.putLong(random.nextInt(12))
                        .putInt(random.nextInt(3))
                        .putInt(0)
                        .putInt(0)
                        .putInt(0);
                frames.put(body);
            }
            byte[] data = new byte[frames.flip().remaining()];
            frames.get(data);
            any_bytes_get_the_answers_that_are_due(data);
        }
    }

    private static byte[] likelyBody(Random random) {
        Fields fields = Fields.of();
        int words = random.nextInt(24);
        for (int i = 0; i < words; i++) {
            int kind = random.nextInt(20);
            fields.i32(kind == 0 ? random.nextInt() : kind == 1 ? -1 : kind < 8 ? random.nextInt(5) : 0);
        }
        int names = random.nextInt(3);
        for (int i = 0; i < names; i++) {
            fields.text(String.valueOf((char) ('a' + random.nextInt(4))));
        }
        return random.nextInt(10) == 0 ? fields.raw((byte) random.nextInt()).bytes() : fields.bytes();
    }
}

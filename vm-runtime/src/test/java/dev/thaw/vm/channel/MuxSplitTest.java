// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.channel;

import static org.assertj.core.api.BDDAssertions.then;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;

/** However the guest's bytes are cut into reads, they mean the same. */
class MuxSplitTest {
    private static final long SESSION = 77;
    private static final int STREAMS = 3;

    private static final class Host {
        private final Mux mux = new Mux(SESSION, (frame, written) -> written.run());
        private final List<RecordingListener> listeners = new ArrayList<>();

        Host() throws IOException {
            for (int i = 0; i < STREAMS; i++) {
                RecordingListener listener = new RecordingListener();
                listeners.add(listener);
                mux.open(5, new byte[0], listener);
            }
        }

        List<List<String>> events() {
            return listeners.stream().map(listener -> listener.events).toList();
        }
    }

    /** Noise, a hello, and frames of all kinds; deterministic for a seed. */
    private static byte[] conversation(Random random) {
        byte[] noise = new byte[random.nextInt(100)];
        random.nextBytes(noise);
        GuestBytes bytes = new GuestBytes().raw(noise).hello(1, 2, SESSION);
        for (int i = 0; i < 40; i++) {
            int stream = 1 + random.nextInt(STREAMS);
            byte[] payload = new byte[1 + random.nextInt(random.nextInt(10) == 0 ? 2000 : 20)];
            random.nextBytes(payload);
            switch (random.nextInt(3)) {
                case 0 -> bytes.frame(2, stream, 0, payload);
                case 1 -> bytes.frame(3, stream, random.nextInt(2), payload);
                default -> bytes.frame(5, stream, random.nextInt(2));
            }
        }
        for (int stream = 1; stream <= STREAMS; stream++) {
            bytes.frame(6, stream, 0, (byte) stream);
        }
        return bytes.bytes();
    }

    @RepeatedTest(200)
    void any_split_into_reads_decodes_the_same() throws IOException {
        // GIVEN a conversation; -Dthaw.test.seed=N replays it
        long seed = Long.getLong("thaw.test.seed", System.nanoTime());
        System.out.println("MuxSplitTest: thaw.test.seed=" + seed);
        Random random = new Random(seed);
        byte[] bytes = conversation(random);
        Host whole = new Host();
        whole.mux.receive(ByteBuffer.wrap(bytes));
        // WHEN it comes in pieces, often of a single byte
        Host pieces = new Host();
        for (int at = 0; at < bytes.length; ) {
            int length = Math.min(bytes.length - at, random.nextBoolean() ? 1 : 1 + random.nextInt(300));
            pieces.mux.receive(ByteBuffer.wrap(bytes, at, length));
            at += length;
        }
        // THEN
        then(pieces.events()).isEqualTo(whole.events());
        then(pieces.events())
                .allSatisfy(events -> then(events).last().asString().startsWith("end"));
    }

    @FuzzTest
    void whatever_the_guest_sends_only_a_protocol_exception_comes_out(FuzzedDataProvider data) throws IOException {
        Host host = new Host();
        if (data.consumeBoolean()) {
            host.mux.receive(new GuestBytes().hello(1, 2, SESSION).buffer());
        }
        try {
            while (data.remainingBytes() > 0) {
                host.mux.receive(ByteBuffer.wrap(data.consumeBytes(1 + data.consumeInt(0, 64))));
            }
        } catch (ProtocolException expected) {
            then(expected).hasMessageContaining("guest");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.channel;

import static org.assertj.core.api.BDDAssertions.then;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** However records are cut into pieces, they are the same. */
class RecordAssemblerTest {
    private static final int HEADER = 4;
    private static final int MAX_BODY = 300;

    /** The header is the body's length, as a little-endian number of 4 bytes. */
    private static final class Recorder implements RecordAssembler.Format<Integer> {
        private final List<String> records = new ArrayList<>();

        @Override
        public Integer header(ByteBuffer bytes) throws ProtocolException {
            then(bytes.remaining()).isEqualTo(HEADER);
            int length = bytes.getInt(0);
            if (length < 0 || length > MAX_BODY) {
                throw new ProtocolException("a body of " + length + " bytes");
            }
            return length;
        }

        @Override
        public int bodyLength(Integer header) {
            return header;
        }

        @Override
        public void record(Integer header, ByteBuffer body) {
            then(body.remaining()).isEqualTo(header);
            then(body.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
            byte[] bytes = new byte[header];
            body.get(bytes);
            records.add(HexFormat.of().formatHex(bytes));
        }
    }

    private static byte[] encode(List<String> bodies) {
        ByteBuffer out =
                ByteBuffer.allocate(bodies.size() * (HEADER + MAX_BODY)).order(ByteOrder.LITTLE_ENDIAN);
        for (String body : bodies) {
            byte[] bytes = HexFormat.of().parseHex(body);
            out.putInt(bytes.length).put(bytes);
        }
        byte[] encoded = new byte[out.position()];
        out.get(0, encoded);
        return encoded;
    }

    private static List<String> cut(byte[] bytes, Random random) throws ProtocolException {
        Recorder recorder = new Recorder();
        RecordAssembler<Integer> assembler = new RecordAssembler<>(HEADER, MAX_BODY, recorder);
        for (int at = 0; at < bytes.length; ) {
            int length = Math.min(bytes.length - at, random.nextBoolean() ? 1 : 1 + random.nextInt(900));
            ByteBuffer piece = ByteBuffer.wrap(bytes, at, length)
                    .order(random.nextBoolean() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
            assembler.append(piece);
            then(piece.hasRemaining()).isFalse();
            at += length;
        }
        return recorder.records;
    }

    @RepeatedTest(200)
    void any_split_gives_the_same_records() throws ProtocolException {
        // GIVEN records, some of them empty; -Dthaw.test.seed=N replays them
        long seed = Long.getLong("thaw.test.seed", System.nanoTime());
        System.out.println("RecordAssemblerTest: thaw.test.seed=" + seed);
        Random random = new Random(seed);
        List<String> bodies = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            byte[] body = new byte[random.nextInt(3) == 0 ? 0 : random.nextInt(MAX_BODY + 1)];
            random.nextBytes(body);
            bodies.add(HexFormat.of().formatHex(body));
        }
        // WHEN THEN
        then(cut(encode(bodies), random)).isEqualTo(bodies);
    }

    @Test
    void what_was_not_complete_is_forgotten_after_a_reset() throws ProtocolException {
        // GIVEN a record without its end
        Recorder recorder = new Recorder();
        RecordAssembler<Integer> assembler = new RecordAssembler<>(HEADER, MAX_BODY, recorder);
        byte[] bytes = encode(List.of("0102030405"));
        assembler.append(ByteBuffer.wrap(bytes, 0, 6));
        // WHEN
        assembler.reset();
        assembler.append(ByteBuffer.wrap(bytes));
        // THEN
        then(recorder.records).containsExactly("0102030405");
    }

    @FuzzTest
    void whatever_comes_only_a_protocol_exception_comes_out(FuzzedDataProvider data) {
        byte[] bytes = data.consumeBytes(4000);
        Random random = new Random(data.consumeLong());
        try {
            cut(bytes, random);
        } catch (ProtocolException expected) {
            then(expected).hasMessageStartingWith("a body of");
        }
    }
}

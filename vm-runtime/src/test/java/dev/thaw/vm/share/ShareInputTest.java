// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.share;

import static dev.thaw.vm.testing.TakenOverGuest.frame;
import static dev.thaw.vm.testing.TakenOverGuest.hex;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.thaw.vm.channel.ProtocolException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the guest may say on the shares' port; bytes are written by hand from docs/shared-folders.md. */
class ShareInputTest {
    private static final long SESSION = 0x0807060504030201L;
    private static final String HELLO = "89544841572d4348414e4e454c0d0a1a 0100 0200 00000000 0102030405060708";
    private static final int FRAME = 65536;

    private final RecordingShare share = new RecordingShare();
    private final AtomicInteger held = new AtomicInteger();
    private final ShareInput input =
            new ShareInput(SESSION, new MessageBuffers(), number -> number == 3 ? share : null, held::incrementAndGet);

    private void receive(byte... bytes) throws ProtocolException {
        input.receive(ByteBuffer.wrap(bytes));
    }

    @Test
    void everything_a_guest_may_say_is_told_to_its_share() throws ProtocolException {
        // WHEN
        receive(hex("00ff" + HELLO));
        receive(frame(14, 3, 0, hex("e7030000 e8030000")));
        receive(frame(4, 3, 0, hex("2a")));
        receive(frame(2, 3, 0));
        receive(frame(8, 3, 0, hex("07000000 05000000")));
        receive(frame(3, 3, 0, hex("13000000 03000000 6e6f70")));
        receive(frame(10, 3, 0));
        receive(frame(12, 1, 0));
        // THEN
        then(share.events)
                .containsExactly(
                        "user 999:1000", "message of 1 from 42", "attached", "done 7 5", "refused 19 nop", "detached");
        then(held).hasValue(1);
    }

    @Test
    void a_message_in_parts_comes_as_one_and_lets_others_pass() throws ProtocolException {
        // WHEN
        receive(hex(HELLO));
        receive(frame(5, 3, 0, new byte[FRAME]));
        receive(frame(4, 3, 0, hex("2a")));
        receive(frame(5, 3, 1, new byte[100]));
        // THEN
        then(share.events).containsExactly("message of 1 from 42", "message of 65636 from 0");
    }

    @Test
    void what_comes_for_a_share_that_is_gone_is_dropped() throws ProtocolException {
        // WHEN
        receive(hex(HELLO));
        receive(frame(4, 9, 0, hex("2a")));
        receive(frame(2, 9, 0));
        // THEN
        then(share.events).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1  | 3 | 0 |                   | type 1",
                "0  | 3 | 0 |                   | type 0",
                "15 | 3 | 0 |                   | type 15",
                "255| 3 | 0 |                   | type 255",
                "4  | 3 | 1 | 2a                | with flag 1",
                "5  | 3 | 2 | 2a                | with flag 2",
                "4  | 0 | 0 | 2a                | stream 0",
                "2  | 3 | 0 | 00                | 1 bytes too many",
                "8  | 3 | 0 | 07000000          | ends at byte 4",
                "14 | 3 | 0 | 0700              | ends at byte 2",
                "3  | 3 | 0 | 13000000 ffffffff | limit is 4096",
                "12 | 1 | 0 | 00                | 1 bytes too many",
            })
    void what_a_guest_may_not_say_is_refused(int type, int stream, int flag, String payload, String message)
            throws ProtocolException {
        // GIVEN
        receive(hex(HELLO));
        // THEN
        thenThrownBy(() -> receive(frame(type, stream, flag, hex(payload == null ? "" : payload))))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining(message);
    }

    @Test
    void a_message_without_end_is_refused_when_it_is_too_long() throws ProtocolException {
        // GIVEN 1 MiB of it
        receive(hex(HELLO));
        for (int i = 0; i < 16; i++) {
            receive(frame(5, 3, 0, new byte[FRAME]));
        }
        // THEN
        thenThrownBy(() -> receive(frame(5, 3, 0, new byte[FRAME])))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("The guest sent a message of share 3 of more than 1052672 bytes.");
    }

    @Test
    void parts_of_two_messages_at_a_time_are_refused() throws ProtocolException {
        // GIVEN
        receive(hex(HELLO));
        receive(frame(5, 3, 0, hex("2a")));
        // THEN
        thenThrownBy(() -> receive(frame(5, 4, 1, hex("2a"))))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("The guest sent a part of a message of share 4 among the parts of one of share 3.");
    }

    @FuzzTest
    void bytes_of_any_kind_end_in_nothing_worse_than_a_protocol_error(byte[] bytes) throws ProtocolException {
        receive(hex(HELLO));
        try {
            receive(bytes);
        } catch (ProtocolException e) {
            then(e).hasMessageContaining("guest");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.channel;

import static dev.thaw.vm.testing.TakenOverGuest.hex;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class MuxTest {
    private static final long SESSION = 0x1122334455667788L;
    private static final int HELLO = 32;

    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private final Mux mux = new Mux(SESSION, this::record);
    private final RecordingListener listener = new RecordingListener();

    private void record(ByteBuffer frame, Runnable written) {
        while (frame.hasRemaining()) {
            sent.write(frame.get());
        }
        written.run();
    }

    private String sentAfterHello() {
        return HexFormat.of().formatHex(sent.toByteArray(), HELLO, sent.size());
    }

    private void sayHello() throws ProtocolException {
        mux.receive(new GuestBytes().hello(1, 2, SESSION).buffer());
    }

    @Test
    void a_session_begins_with_the_hello_of_the_reference() {
        // GIVEN a new session THEN exactly the 32 bytes of docs/guest-channel.md have been sent
        then(sent.toByteArray()).isEqualTo(hex(GuestBytes.MAGIC + "0100 0100 00000000 8877665544332211"));
    }

    @Test
    void a_request_is_sent_as_an_open_frame_before_the_guest_has_said_hello() throws IOException {
        // WHEN a stream is opened
        mux.open(7, new byte[] {(byte) 0xab}, listener);
        // THEN length 2, stream 1, type OPEN, flag and reserved 0, the kind, the request
        then(sentAfterHello()).isEqualTo("02000000" + "01000000" + "01" + "00" + "0000" + "07" + "ab");
    }

    @Test
    void what_lies_before_the_right_hello_is_thrown_away() throws IOException {
        // GIVEN a stream, and a guest whose virtqueue still holds the end of the session before
        mux.open(7, new byte[0], listener);
        GuestBytes bytes = new GuestBytes()
                .frame(6, 1, 0, "stale".getBytes(StandardCharsets.US_ASCII))
                .hello(1, 2, SESSION - 1)
                .raw(hex(GuestBytes.MAGIC))
                .hello(1, 1, SESSION)
                .hello(1, 2, SESSION)
                .frame(6, 1, 0, "fresh".getBytes(StandardCharsets.US_ASCII));
        // WHEN
        mux.receive(bytes.buffer());
        // THEN
        then(listener.events).containsExactly("end fresh");
    }

    @Test
    void a_guest_that_never_says_hello_is_given_up() {
        // GIVEN 16 MiB and a little more without a hello
        ByteBuffer noise = ByteBuffer.allocate((int) HelloScanner.MAX_DISCARDED_BYTES + 1);
        // WHEN THEN
        thenThrownBy(() -> mux.receive(noise)).hasMessageContaining("no hello of session 1122334455667788");
    }

    @Test
    void an_agent_of_another_version_is_named_in_the_error() {
        thenThrownBy(() -> mux.receive(new GuestBytes().hello(9, 2, SESSION).buffer()))
                .isInstanceOf(ProtocolException.class)
                .hasMessage("The guest's agent speaks version 9 of the channel, this host version 1.");
    }

    @Test
    void a_stream_tells_all_that_happens_on_it_in_order() throws IOException {
        // GIVEN
        sayHello();
        mux.open(4, new byte[0], listener);
        // WHEN
        mux.receive(new GuestBytes()
                .frame(2, 1, 0, hex("2a000000"))
                .frame(3, 1, 1, (byte) 'e')
                .frame(3, 1, 0, (byte) 'o')
                .frame(5, 1, 0)
                .frame(5, 1, 1)
                .frame(6, 1, 0, (byte) 'r')
                .buffer());
        // THEN
        then(listener.events).containsExactly("opened *\0\0\0", "data 1 e", "data 0 o", "eof 0", "eof 1", "end r");
    }

    @Test
    void a_reset_of_the_guest_carries_errno_and_message() throws IOException {
        sayHello();
        mux.open(4, new byte[0], listener);
        // WHEN RESET with errno 2 and "no"
        mux.receive(
                new GuestBytes().frame(7, 1, 0, hex("02000000 02000000 6e6f")).buffer());
        // THEN
        then(listener.events).containsExactly("reset 2 no");
    }

    @Test
    void no_more_is_sent_than_the_guest_has_granted() throws IOException {
        // GIVEN a stream with more to send than the window
        sayHello();
        MuxStream stream = mux.open(5, new byte[0], listener);
        ByteBuffer data = ByteBuffer.allocate(MuxStream.WINDOW + 10);
        // WHEN
        boolean all = stream.send(data);
        // THEN
        then(all).isFalse();
        then(data.remaining()).isEqualTo(10);
        then(stream.credit()).isZero();
        // WHEN the guest grants 10 more
        mux.receive(new GuestBytes().frame(4, 1, 0, hex("0a000000")).buffer());
        // THEN
        then(listener.events).containsExactly("writable");
        then(stream.send(data)).isTrue();
        then(stream.credit()).isZero();
    }

    @Test
    void credit_is_given_back_as_data_is_taken() throws IOException {
        // GIVEN
        sayHello();
        MuxStream stream = mux.open(5, new byte[0], listener);
        int before = sent.size();
        // WHEN half of the window has been taken
        mux.receive(new GuestBytes().frame(3, 1, 0, new byte[65536]).buffer());
        stream.consumed(65535);
        then(sent.size()).isEqualTo(before);
        stream.consumed(1);
        // THEN a WINDOW frame grants 65536
        then(HexFormat.of().formatHex(sent.toByteArray(), before, sent.size()))
                .isEqualTo("04000000" + "01000000" + "04" + "00" + "0000" + "00000100");
    }

    @Test
    void frames_for_a_stream_that_was_reset_here_are_ignored() throws IOException {
        // GIVEN
        sayHello();
        MuxStream stream = mux.open(5, new byte[0], listener);
        // WHEN
        stream.reset(125, "x");
        mux.receive(new GuestBytes().frame(3, 1, 0, (byte) 1).frame(6, 1, 0).buffer());
        // THEN
        then(listener.events).isEmpty();
        then(sentAfterHello())
                .endsWith("09000000" + "01000000" + "07" + "00" + "0000" + "7d000000" + "01000000" + "78");
    }

    @Test
    void every_open_stream_is_told_when_the_channel_is_gone() throws IOException {
        // GIVEN
        sayHello();
        mux.open(5, new byte[0], listener);
        // WHEN
        mux.fail(new IOException("gone"));
        // THEN
        then(listener.events).containsExactly("failed gone");
        thenThrownBy(() -> mux.open(5, new byte[0], listener)).hasMessage("The channel to the guest is closed: gone");
    }

    @Test
    void a_request_that_fits_no_frame_is_refused() {
        thenThrownBy(() -> mux.open(4, new byte[65536], listener))
                .hasMessageContaining("The request has 65536 bytes; the channel carries at most 65535.");
    }

    @Test
    void more_streams_than_the_limit_are_refused() throws IOException {
        for (int i = 0; i < 1024; i++) {
            mux.open(5, new byte[0], new RecordingListener());
        }
        thenThrownBy(() -> mux.open(5, new byte[0], listener))
                .hasMessageContaining("1024 streams to the guest are open");
    }

    static Stream<Arguments> violations() {
        return Stream.of(
                Arguments.of("02000100 01000000 06 00 0000", "a frame of 65538 bytes; the limit is 65536"),
                Arguments.of("ffffffff 01000000 06 00 0000", "a frame of 4294967295 bytes"),
                Arguments.of("00000000 00000000 06 00 0000", "stream 0"),
                Arguments.of("00000000 02000000 06 00 0000", "a frame for stream 2; the last one opened is 1"),
                Arguments.of("00000000 ffffffff 06 00 0000", "a frame for stream 4294967295"),
                Arguments.of("00000000 01000000 01 00 0000", "type 1"),
                Arguments.of("00000000 01000000 08 00 0000", "type 8"),
                Arguments.of("00000000 01000000 00 00 0000", "type 0"),
                Arguments.of("00000000 01000000 ff 00 0000", "type 255"),
                Arguments.of("00000000 01000000 06 00 0100", "reserved field is 1"),
                Arguments.of("01000000 01000000 03 02 0000 00", "with flag 2"),
                Arguments.of("00000000 01000000 06 01 0000", "with flag 1"),
                Arguments.of("00000000 01000000 03 00 0000", "0 bytes of DATA"),
                Arguments.of("01000000 01000000 05 00 0000 00", "EOF with 1 bytes behind it"),
                Arguments.of("03000000 01000000 04 00 0000 010000", "WINDOW ends at byte 3"),
                Arguments.of("05000000 01000000 04 00 0000 0000000000", "WINDOW has 1 bytes too many"),
                Arguments.of("04000000 01000000 04 00 0000 01000000", "granted 1 bytes on stream 1"),
                Arguments.of("04000000 01000000 04 00 0000 ffffffff", "granted 4294967295 bytes"),
                Arguments.of("04000000 01000000 07 00 0000 01000000", "RESET ends at byte 4"),
                Arguments.of(
                        "08000000 01000000 07 00 0000 01000000 01100000", "string of 4097 bytes; the limit is 4096"),
                Arguments.of("08000000 01000000 07 00 0000 01000000 01000000", "RESET ends at byte 8"));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("violations")
    void a_violation_is_an_error_that_says_what_was_wrong(String frame, String message) throws IOException {
        // GIVEN a session with one stream
        sayHello();
        mux.open(5, new byte[0], listener);
        // WHEN THEN
        thenThrownBy(() -> mux.receive(ByteBuffer.wrap(hex(frame))))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining(message);
    }

    @Test
    void data_beyond_the_credit_is_a_violation() throws IOException {
        // GIVEN a guest that has used up its credit
        sayHello();
        mux.open(5, new byte[0], listener);
        byte[] chunk = new byte[65536];
        mux.receive(new GuestBytes().frame(3, 1, 0, chunk).frame(3, 1, 1, chunk).buffer());
        // WHEN THEN
        thenThrownBy(() -> mux.receive(new GuestBytes().frame(3, 1, 0, (byte) 1).buffer()))
                .hasMessage("The guest sent 1 bytes of DATA on stream 1 with a credit of 0.");
    }

    @Test
    void credit_that_has_not_been_written_yet_is_none() throws IOException {
        // GIVEN a guest that does not read, so that nothing but the hello is ever written
        List<Runnable> unwritten = new ArrayList<>();
        Mux stuck = new Mux(SESSION, (frame, written) -> unwritten.add(written));
        stuck.receive(new GuestBytes().hello(1, 2, SESSION).buffer());
        MuxStream stream = stuck.open(5, new byte[0], listener);
        // WHEN it uses its credit up, and all of it is given back
        ByteBuffer data = new GuestBytes().frame(3, 1, 0, new byte[65536]).buffer();
        stuck.receive(data.duplicate());
        stuck.receive(data.duplicate());
        stream.consumed(131072);
        // THEN it may send more only once the grant is written
        thenThrownBy(() -> stuck.receive(data.duplicate())).hasMessageContaining("with a credit of 0.");
        unwritten.forEach(Runnable::run);
        stuck.receive(data.duplicate());
    }

    @Test
    void a_result_that_is_malformed_fails_the_stream_that_waits_for_it() throws IOException {
        // GIVEN
        sayHello();
        List<Throwable> failures = new ArrayList<>();
        mux.open(7, new byte[0], new StreamListener() {
            @Override
            public void end(ByteBuffer result) throws ProtocolException {
                throw new ProtocolException("malformed");
            }

            @Override
            public void reset(int errno, String message) {
                throw new AssertionError("There was no RESET.");
            }

            @Override
            public void failed(Throwable cause) {
                failures.add(cause);
            }
        });
        // WHEN
        thenThrownBy(() -> mux.receive(new GuestBytes().frame(6, 1, 0).buffer()))
                .hasMessage("malformed");
        // THEN
        then(failures).singleElement().extracting(Throwable::getMessage).isEqualTo("malformed");
    }

    @Test
    void a_reset_that_is_malformed_leaves_its_stream_to_fail_with_the_channel() throws IOException {
        // GIVEN
        sayHello();
        mux.open(7, new byte[0], listener);
        // WHEN
        thenThrownBy(() -> mux.receive(new GuestBytes().frame(7, 1, 0, (byte) 2).buffer()))
                .isInstanceOf(ProtocolException.class);
        mux.fail(new IOException("gone"));
        // THEN
        then(listener.events).containsExactly("failed gone");
    }
}

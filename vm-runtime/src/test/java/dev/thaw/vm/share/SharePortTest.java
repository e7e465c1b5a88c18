// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.share;

import static dev.thaw.vm.testing.TakenOverGuest.frame;
import static dev.thaw.vm.testing.TakenOverGuest.soon;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;
import static org.awaitility.Awaitility.await;

import dev.thaw.vm.testing.UnixPair;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The port with the test at the relay's end. */
class SharePortTest {
    private static final int HELLO = 32;
    private static final int HEADER = 12;
    /** Of 1 MiB and a header of FUSE's. */
    private static final int PARTS = 17;

    private static final int HOLD = 11;
    private static final int GO = 13;

    private UnixPair sockets;
    private SharePort port;
    private final RecordingShare share = new RecordingShare();

    @BeforeEach
    void open(@TempDir Path folder) throws IOException {
        sockets = UnixPair.in(folder);
        port = SharePort.open("vm-1", sockets.near(), 5);
        port.listen(3, share);
        ByteBuffer hello = receive(HELLO);
        hello.put(18, (byte) 2);
        sockets.far().write(hello.rewind());
    }

    @AfterEach
    void close() throws IOException {
        port.close();
        sockets.close();
    }

    private ByteBuffer receive(int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            then(sockets.far().read(bytes)).isPositive();
        }
        return bytes.flip();
    }

    private void send(byte... bytes) throws IOException {
        sockets.far().write(ByteBuffer.wrap(bytes));
    }

    /** Type, flag and length of the next frame, whose payload is read and dropped. */
    private List<Integer> nextFrame() throws IOException {
        ByteBuffer header = receive(HEADER);
        receive(header.getInt(0));
        return List.of((int) header.get(8), (int) header.get(9), header.getInt(0));
    }

    @Test
    void a_short_message_is_one_frame() throws IOException {
        // WHEN
        port.sender().message(3, ByteBuffer.wrap(new byte[16]), ByteBuffer.wrap(new byte[100]));
        // THEN
        then(nextFrame()).containsExactly(4, 0, 116);
    }

    @Test
    void a_long_message_goes_in_parts_that_let_a_short_one_pass() throws Exception {
        // GIVEN a long one that waits in the middle, as nobody reads
        CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> message(1 << 20));
        List<List<Integer>> frames = new ArrayList<>(List.of(nextFrame()));
        // WHEN
        Thread shortOne = new Thread(() -> message(1), "short");
        shortOne.start();
        await("the short one's turn").until(() -> hasItsTurn(shortOne));
        while (frames.size() < PARTS + 1) {
            frames.add(nextFrame());
        }
        // THEN
        sent.join();
        shortOne.join();
        then(frames).contains(List.of(4, 0, 17)).contains(List.of(5, 0, 65536));
        then(frames.indexOf(List.of(4, 0, 17))).isLessThan(frames.size() - 1);
        then(frames.get(frames.size() - 1)).isEqualTo(List.of(5, 1, 16));
        then(frames.stream()
                        .filter(frame -> frame.get(0) == 5)
                        .mapToInt(frame -> frame.get(2))
                        .sum())
                .isEqualTo((1 << 20) + 16);
    }

    /** It waits for it, has had it, or has it just now: the long one can't have come to its end, as nobody reads. */
    private static boolean hasItsTurn(Thread sender) {
        return sender.getState() == Thread.State.WAITING
                || sender.getState() == Thread.State.TERMINATED
                || Arrays.stream(sender.getStackTrace())
                        .anyMatch(frame -> frame.getClassName().equals(ShareSender.class.getName())
                                && frame.getMethodName().equals("write"));
    }

    private void message(int bytes) {
        try {
            port.sender().message(3, ByteBuffer.wrap(new byte[16]), ByteBuffer.wrap(new byte[bytes]));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void while_it_is_held_nothing_is_sent_and_until_then_only_replies() throws Exception {
        // GIVEN
        CompletableFuture<Void> held = CompletableFuture.runAsync(() -> hold());
        then(nextFrame()).containsExactly(HOLD, 0, 0);
        message(1);
        then(nextFrame()).containsExactly(4, 0, 17);
        send(frame(12, 1, 0));
        then(nextFrame()).containsExactly(HOLD, 0, 0);
        send(frame(12, 1, 0));
        held.join();
        // WHEN
        CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> message(1));
        port.go();
        // THEN
        then(nextFrame()).containsExactly(GO, 0, 0);
        then(nextFrame()).containsExactly(4, 0, 17);
        sent.join();
    }

    private void hold() {
        try {
            port.hold(soon());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void a_guest_that_breaks_the_protocol_loses_its_shares_with_the_reason() throws IOException {
        // WHEN
        send(frame(99, 3, 0));
        // THEN
        await("the share's end")
                .untilAsserted(() -> then(share.events)
                        .containsExactly(
                                "failed: The guest sent a frame of type 99 on the shares' port, which it may not."));
        thenThrownBy(() -> port.listen(4, share)).hasMessageContaining("closed: The guest sent a frame of type 99");
        then(sockets.far().read(ByteBuffer.allocate(1))).isNegative();
    }

    @Test
    void a_guest_that_is_gone_takes_its_shares_along() throws IOException {
        // WHEN
        sockets.far().close();
        // THEN
        await("the share's end").untilAsserted(() -> then(share.events).hasSize(1));
        then(share.events.get(0)).startsWith("failed: ");
    }

    @Test
    void closing_it_lets_go_who_waits() {
        // GIVEN a guest that reads nothing
        CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> message(1 << 20));
        // WHEN
        port.close();
        // THEN
        await("the sender's end").until(sent::isDone);
        then(sent).isCompletedExceptionally();
    }
}

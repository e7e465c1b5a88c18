// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.guest;

import static dev.thaw.vm.testing.TakenOverGuest.frame;
import static dev.thaw.vm.testing.TakenOverGuest.hex;
import static dev.thaw.vm.testing.TakenOverGuest.soon;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.testing.TakenOverGuest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes over the channel around a pause, byte by byte. Source: docs/guest-channel.md, Sessions. */
class PausedSessionTest {
    private static final int HELLO = 32;
    private static final int HEADER = 12;
    private static final int END = 6;
    private static final int RESET = 7;
    private static final byte[] RUNNING = hex("01000000 00000000");
    private static final byte[] EMPTY_PORTS = hex("00000000");
    private static final byte LISTENING = 7;
    private static final byte RESUME = 1;
    private static final byte PAUSE = 10;

    @TempDir
    private Path folder;

    private TakenOverGuest taken;

    @BeforeEach
    void connect() throws IOException {
        taken = new TakenOverGuest(folder);
        taken.resume();
    }

    @AfterEach
    void close() throws IOException {
        taken.close();
    }

    /** Checks that an OPEN comes next, and gives its request's length. */
    private void receiveOpen(int stream, byte kind) throws IOException {
        ByteBuffer header = ByteBuffer.wrap(taken.receive(HEADER)).order(ByteOrder.LITTLE_ENDIAN);
        byte[] payload = taken.receive(header.getInt(0));
        then(header.getInt(Integer.BYTES)).isEqualTo(stream);
        then(header.get(2 * Integer.BYTES)).isEqualTo((byte) 1);
        then(payload[0]).isEqualTo(kind);
    }

    private byte[] guestHello(byte[] hostHello) {
        byte[] hello = hostHello.clone();
        hello[18] = 2;
        return hello;
    }

    @Test
    void what_is_asked_during_a_pause_comes_behind_the_resume() throws IOException {
        // GIVEN a request without an answer, and a pause
        CompletableFuture<?> before = taken.guest().listening();
        receiveOpen(2, LISTENING);
        CompletableFuture<Void> paused = taken.guest().pause();
        receiveOpen(3, PAUSE);
        // WHEN something is asked before and after the guest rests, which would send more to an old stream and a new
        // one
        CompletableFuture<?> early = taken.guest().listening();
        taken.send(frame(END, 3, 0));
        Await.get(paused, soon(), "the pause");
        CompletableFuture<?> late = taken.guest().listening();
        CompletableFuture<ServiceState> resumed = taken.guest().resume(Identity.fresh("vm-1"));
        // THEN hello and RESUME go first, with a number that had been kept
        byte[] hello = taken.receive(HELLO);
        receiveOpen(4, RESUME);
        receiveOpen(5, LISTENING);
        receiveOpen(6, LISTENING);
        // AND the answers find their questions
        taken.send(guestHello(hello));
        taken.send(frame(END, 4, 0, RUNNING));
        then(Await.get(resumed, soon(), "the resume").isRunning()).isTrue();
        for (int stream : new int[] {2, 5, 6}) {
            taken.send(frame(END, stream, 0, EMPTY_PORTS));
        }
        Await.get(CompletableFuture.allOf(before, early, late), soon(), "the answers");
    }

    @Test
    void a_pause_that_fails_leaves_the_session_as_it_was() throws IOException {
        CompletableFuture<Void> paused = taken.guest().pause();
        receiveOpen(2, PAUSE);
        CompletableFuture<?> asked = taken.guest().listening();
        // WHEN
        taken.send(frame(RESET, 2, 0, hex("6e000000 00000000")));
        // THEN what was held back comes, without a hello
        thenThrownBy(() -> Await.get(paused, soon(), "the pause")).isInstanceOf(GuestRefusedException.class);
        receiveOpen(4, LISTENING);
        taken.send(frame(END, 4, 0, EMPTY_PORTS));
        Await.get(asked, soon(), "the answer");
        // AND it can be tried again
        CompletableFuture<Void> again = taken.guest().pause();
        receiveOpen(5, PAUSE);
        taken.send(frame(END, 5, 0));
        Await.get(again, soon(), "the pause");
    }

    @Test
    void a_second_pause_at_a_time_is_refused() throws IOException {
        CompletableFuture<Void> paused = taken.guest().pause();
        receiveOpen(2, PAUSE);
        thenThrownBy(() -> Await.get(taken.guest().pause(), soon(), "the second"))
                .hasMessage("The channel's session is paused already.");
        taken.send(frame(END, 2, 0));
        Await.get(paused, soon(), "the first");
    }

    @Test
    void a_guest_that_speaks_while_it_is_paused_is_cut_off() throws IOException {
        CompletableFuture<Void> paused = taken.guest().pause();
        receiveOpen(2, PAUSE);
        taken.send(frame(END, 2, 0));
        Await.get(paused, soon(), "the pause");
        CompletableFuture<?> asked = taken.guest().listening();
        // WHEN
        taken.send(new byte[] {1, 2, 3});
        // THEN
        thenThrownBy(() -> Await.get(asked, soon(), "the answer"))
                .hasMessageEndingWith("The guest sent 3 bytes while it was paused.");
    }

    @Test
    void a_frame_right_behind_the_end_of_pause_is_a_violation_too() throws IOException {
        CompletableFuture<Void> paused = taken.guest().pause();
        receiveOpen(2, PAUSE);
        CompletableFuture<?> asked = taken.guest().listening();
        taken.send(ByteBuffer.allocate(2 * HEADER)
                .put(frame(END, 2, 0))
                .put(frame(END, 1, 0))
                .array());
        Await.get(paused, soon(), "the pause");
        thenThrownBy(() -> Await.get(asked, soon(), "the answer")).hasMessageContaining("while it was paused.");
    }

    @Test
    void a_guest_that_goes_while_it_is_paused_fails_what_waits() throws IOException {
        CompletableFuture<Void> paused = taken.guest().pause();
        receiveOpen(2, PAUSE);
        taken.send(frame(END, 2, 0));
        Await.get(paused, soon(), "the pause");
        CompletableFuture<?> asked = taken.guest().listening();
        // WHEN
        taken.peer().close();
        // THEN
        thenThrownBy(() -> Await.get(asked, soon(), "the answer")).hasMessageContaining("its machine has ended");
        thenThrownBy(() -> Await.get(taken.guest().resume(Identity.fresh("vm-1")), soon(), "the resume"))
                .hasMessageContaining("The channel to the guest is closed");
    }
}

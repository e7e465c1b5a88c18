// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.agent;

import static org.assertj.core.api.BDDAssertions.then;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SessionTest {
    private static final int EAGAIN = 11, EINVAL = 22, ENOSYS = 38, ESHUTDOWN = 108, EALREADY = 114;

    @TempDir
    Path folder;

    @Test
    void a_hello_in_any_garbage_begins_a_session() throws Exception {
        long seed = Long.getLong("thaw.test.seed", System.nanoTime());
        Random random = new Random(seed);
        try (AgentProcess agent = AgentProcess.launch(folder)) {
            // GIVEN what an earlier session may have left, a guest's hello and a part of a host's among it; one cut
            // within
            // its session number would take the rest from the next hello, but no host sends a second one to a port
            byte[] garbage = new byte[random.nextInt(100_000)];
            random.nextBytes(garbage);
            byte[] hello = Wire.hello(1, 1, AgentProcess.SESSION);
            // WHEN
            agent.send(garbage);
            agent.send(Wire.hello(1, 2, 7));
            agent.send(Arrays.copyOf(hello, 1 + random.nextInt(23)));
            for (byte b : hello) {
                agent.send(new byte[] {b});
            }
            // THEN
            agent.expectHello(AgentProcess.SESSION);
            then(agent.unary(1, Wire.resume("vm-1")).type())
                    .as("RESUME, seed %d", seed)
                    .isEqualTo(Frame.END);
        }
    }

    @Test
    void another_version_is_refused_with_the_agents_own() throws Exception {
        try (AgentProcess agent = AgentProcess.launch(folder)) {
            agent.send(Wire.hello(2, 1, 5));
            agent.expectHello(5);
            // THEN it still scans
            agent.send(Wire.hello(1, 1, 6));
            agent.expectHello(6);
            then(agent.unary(1, Wire.resume("vm-1")).type()).isEqualTo(Frame.END);
        }
    }

    @Test
    void resume_comes_first_and_once_and_does_its_steps_in_order() throws Exception {
        try (AgentProcess agent = AgentProcess.launch(folder)) {
            agent.send(Wire.hello(1, 1, AgentProcess.SESSION));
            agent.expectHello(AgentProcess.SESSION);
            then(agent.unary(7, new byte[0]).errno()).isEqualTo(EAGAIN);
            then(agent.unary(1, Wire.resume("no_underscores")).errno()).isEqualTo(EINVAL);
            then(agent.unary(1, new byte[3]).errno()).isEqualTo(EINVAL);
            then(agent.said()).isEmpty();
            // WHEN
            Frame end = agent.unary(1, Wire.resume("vm-1"));
            // THEN
            then(end.payload()).isEqualTo(new byte[8]);
            then(agent.said().lines())
                    .containsExactly(
                            "thaw-agent: set clock 1800000000.000000005",
                            "thaw-agent: add entropy 11..22",
                            "thaw-agent: set names vm-1 33..44 33..44",
                            "thaw-agent: thaw");
            then(agent.unary(1, Wire.resume("vm-1")).errno()).isEqualTo(EALREADY);
        }
    }

    @Test
    void quiesce_ends_every_stream_and_the_session() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder)) {
            // GIVEN
            int logs = agent.open(6, Wire.logs(0, true));
            agent.expect(logs, Frame.OPENED);
            // WHEN
            int quiesce = agent.open(8, new byte[0]);
            // THEN
            then(agent.expect(logs, Frame.RESET).errno()).isEqualTo(ESHUTDOWN);
            agent.expect(quiesce, Frame.END);
            then(agent.said()).contains("freeze\n", "settle to stay\n");
            // AND frames of before are garbage now
            agent.grant(logs, 5);
            agent.send(Wire.hello(1, 1, 99));
            agent.expectHello(99);
        }
    }

    @Test
    void pause_keeps_streams_for_the_same_session_and_nothing_comes_meanwhile() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder)) {
            // GIVEN a command that answers to its input
            int cat = agent.open(4, Wire.exec(true, List.of("cat"), List.of("PATH=/bin:/usr/bin")));
            agent.expect(cat, Frame.OPENED);
            // WHEN
            int pause = agent.open(10, new byte[0]);
            agent.expect(pause, Frame.END);
            then(agent.said()).endsWith("thaw-agent: freeze\nthaw-agent: settle\n");
            // THEN frames are garbage until the session is taken up
            agent.send(cat, Frame.DATA, "lost".getBytes(StandardCharsets.UTF_8));
            agent.send(Wire.hello(2, 1, AgentProcess.SESSION));
            agent.expectHello(AgentProcess.SESSION);
            agent.send(Wire.hello(1, 1, AgentProcess.SESSION));
            agent.expectHello(AgentProcess.SESSION);
            // AND the guest has to be resumed again
            then(agent.unary(9, new byte[0]).errno()).isEqualTo(EAGAIN);
            then(agent.unary(1, Wire.resume("vm-1")).type()).isEqualTo(Frame.END);
            then(agent.said()).endsWith("thaw-agent: set names vm-1 33..44 33..44\nthaw-agent: thaw\n");
            // AND the stream goes on where it was
            agent.send(cat, Frame.DATA, "kept".getBytes(StandardCharsets.UTF_8));
            then(agent.expect(cat, Frame.DATA).payload()).asString().isEqualTo("kept");
        }
    }

    @Test
    void a_paused_session_that_another_host_takes_over_loses_its_streams() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder);
                ServerSocket service = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            // GIVEN a connection, a command and a follower of the log
            agent.expect(agent.open(5, Wire.connect(service.getLocalPort())), Frame.OPENED);
            int exec = agent.open(4, Wire.exec(true, List.of("sleep", "4321"), List.of("PATH=/bin:/usr/bin")));
            Frame opened = agent.expect(exec, Frame.OPENED);
            agent.expect(agent.open(6, Wire.logs(0, true)), Frame.OPENED);
            agent.expect(agent.open(10, new byte[0]), Frame.END);
            // WHEN
            agent.send(Wire.hello(1, 1, 99));
            // THEN nothing of before comes behind the hello, and numbers start again
            agent.expectHello(99);
            agent.send(1, Frame.OPEN, new Wire().u8(1).raw(Wire.resume("vm-2")).done());
            agent.expect(1, Frame.END);
            try (Socket connection = service.accept()) {
                connection.setSoTimeout(30_000);
                then(connection.getInputStream().read()).isEqualTo(-1);
            }
            long pid = ByteBuffer.wrap(opened.payload())
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .getInt();
            await("the command's end")
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> ProcessHandle.of(pid).map(p -> !p.isAlive()).orElse(true));
        }
    }

    @Test
    void the_host_hanging_up_on_a_paused_guest_switches_it_off() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder)) {
            agent.expect(agent.open(10, new byte[0]), Frame.END);
            agent.hangUp();
            agent.expectEnd();
            then(agent.said()).endsWith("thaw-agent: power off\n");
        }
    }

    @Test
    void an_unknown_kind_and_a_malformed_request_leave_the_session_alone() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder)) {
            then(agent.unary(200, new byte[0]).errno()).isEqualTo(ENOSYS);
            then(agent.unary(0, new byte[0]).errno()).isEqualTo(ENOSYS);
            for (int kind : new int[] {2, 4, 5, 6, 8, 10}) {
                then(agent.unary(kind, new byte[1]).errno()).as("kind %d", kind).isEqualTo(EINVAL);
            }
            then(agent.unary(9, new byte[1]).errno()).isEqualTo(EINVAL);
            then(agent.unary(9, new byte[0]).type()).isEqualTo(Frame.END);
        }
    }

    @Test
    void the_1025th_stream_is_told_to_come_again() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder)) {
            for (int i = 0; i < 1024; i++) {
                agent.expect(agent.open(6, Wire.logs(0, true)), Frame.OPENED);
            }
            then(agent.unary(9, new byte[0]).errno()).isEqualTo(EAGAIN);
            // WHEN one goes
            agent.send(2, Frame.RESET, new Wire().u32(0).string("").done());
            // THEN there is room for one
            then(agent.unary(9, new byte[0]).type()).isEqualTo(Frame.END);
        }
    }

    @Test
    void the_host_hanging_up_switches_the_guest_off() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder)) {
            agent.hangUp();
            agent.expectEnd();
            then(agent.said()).endsWith("thaw-agent: power off\n");
        }
    }

    static Stream<Arguments> violations() {
        byte[] nothing = new byte[0];
        return Stream.of(
                Arguments.of(Wire.frame(1, 9, 0, nothing), "a type that a host does not send, got 9"),
                Arguments.of(Wire.frame(1, Frame.OPENED, 0, nothing), "a type that a host does not send, got 2"),
                Arguments.of(Wire.frame(1, Frame.END, 0, nothing), "a type that a host does not send, got 6"),
                Arguments.of(Wire.frame(0, Frame.OPEN, 0, new byte[] {9}), "stream 0"),
                Arguments.of(Wire.frame(2, Frame.EOF, 0, nothing), "never opened"),
                Arguments.of(Wire.frame(1, Frame.OPEN, 0, new byte[] {9}), "OPEN of stream 1 after stream 1"),
                Arguments.of(Wire.frame(2, Frame.OPEN, 0, nothing), "OPEN without a kind"),
                Arguments.of(Wire.frame(1, Frame.DATA, 0, nothing), "DATA without bytes"),
                Arguments.of(Wire.frame(1, Frame.DATA, 1, new byte[1]), "flag"),
                Arguments.of(Wire.frame(1, Frame.WINDOW, 0, new byte[3]), "WINDOW must have 4 bytes"),
                Arguments.of(Wire.frame(1, Frame.EOF, 0, new byte[1]), "EOF must have 0 bytes"),
                Arguments.of(Wire.frame(1, Frame.RESET, 0, new byte[7]), "RESET must have"),
                Arguments.of(Wire.frame(1, Frame.RESET, 0, new byte[9]), "does not fill the frame"),
                Arguments.of(new Wire().u32(65537).u32(1).u8(3).u8(0).u16(0).done(), "longer than 65536"),
                Arguments.of(new Wire().u32(0).u32(1).u8(5).u8(0).u16(1).done(), "reserved field"));
    }

    @ParameterizedTest
    @MethodSource("violations")
    void a_violation_is_named_on_the_console_and_switches_the_guest_off(byte[] frame, String named) throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder)) {
            agent.send(frame);
            agent.expectEnd();
            then(agent.said())
                    .contains("the host broke the channel's protocol", named)
                    .endsWith("power off\n");
        }
    }

    @Test
    void credit_is_not_to_be_overrun_in_either_direction() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder)) {
            int logs = agent.open(6, Wire.logs(0, true));
            agent.expect(logs, Frame.OPENED);
            agent.grant(logs, 1);
            agent.expectEnd();
            then(agent.said()).contains("raises its credit of 131072 above 131072");
        }
    }

    @Test
    void data_beyond_the_credit_is_a_violation() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder)) {
            // GIVEN a command that does not read
            int exec = agent.open(4, Wire.exec(true, List.of("sleep", "60"), List.of("PATH=/bin:/usr/bin")));
            agent.expect(exec, Frame.OPENED);
            // WHEN
            for (int i = 0; i < 4; i++) {
                agent.send(exec, Frame.DATA, new byte[65536]);
            }
            agent.expectEnd();
            // THEN 64 KiB went into the pipe and were granted again, the fourth frame is too much
            then(agent.said()).contains("bytes of DATA on stream " + exec + " with a credit of ");
        }
    }

    @Test
    void data_for_a_kind_that_takes_none_is_a_violation() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder)) {
            int logs = agent.open(6, Wire.logs(0, true));
            agent.expect(logs, Frame.OPENED);
            agent.send(logs, Frame.DATA, "x".getBytes(StandardCharsets.UTF_8));
            agent.expectEnd();
            then(agent.said()).contains("but LOGS takes none");
        }
    }
}

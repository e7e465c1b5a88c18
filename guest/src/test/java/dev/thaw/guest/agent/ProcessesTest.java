// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.agent;

import static org.assertj.core.api.BDDAssertions.then;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** EXEC, START, WAIT, LOGS and CONNECT of the real agent, with this machine's programs. */
class ProcessesTest {
    private static final int ENOENT = 2, EALREADY = 114, ECONNREFUSED = 111;
    private static final int EXEC = 4, SIGKILL = 9;
    private static final List<String> ENV = List.of("PATH=/usr/bin:/bin");

    @TempDir
    Path folder;

    private static Outcome run(AgentProcess agent, String script) throws Exception {
        return Outcome.of(agent, agent.open(EXEC, Wire.exec(false, List.of("sh", "-c", script), ENV)));
    }

    @Test
    void a_command_gives_its_outputs_apart_and_its_status() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder)) {
            then(run(agent, "echo out; echo err >&2; exit 3")).isEqualTo(new Outcome("out\n", "err\n", 2, 3));
            then(run(agent, "kill -9 $$")).isEqualTo(new Outcome("", "", 3, SIGKILL));
            then(run(agent, "echo $HOME; cat").output()).isEqualTo("/root\n");
        }
    }

    @Test
    void standard_input_reaches_the_command_whole_whatever_its_size() throws Exception {
        long seed = Long.getLong("thaw.test.seed", System.nanoTime());
        Random random = new Random(seed);
        byte[] input = new byte[100_000];
        random.nextBytes(input);
        try (AgentProcess agent = AgentProcess.resumed(folder)) {
            int stream = agent.open(EXEC, Wire.exec(true, List.of("sh", "-c", "sleep 0.2; sha256sum"), ENV));
            for (int at = 0; at < input.length; ) {
                int part = Math.min(1 + random.nextInt(30_000), input.length - at);
                agent.send(stream, Frame.DATA, Arrays.copyOfRange(input, at, at + part));
                at += part;
            }
            agent.send(stream, Frame.EOF, new byte[0]);
            String digest = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(input));
            then(Outcome.of(agent, stream).output()).as("seed %d", seed).startsWith(digest);
        }
    }

    @Test
    void a_command_that_reads_nothing_does_not_hold_up_the_host() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder)) {
            int stream = agent.open(EXEC, Wire.exec(true, List.of("sh", "-c", "exec <&-; echo done"), ENV));
            agent.send(stream, Frame.DATA, new byte[65536]);
            agent.send(stream, Frame.DATA, new byte[65536]);
            then(Outcome.of(agent, stream).output()).isEqualTo("done\n");
        }
    }

    @Test
    void a_flood_stops_at_the_credit_and_goes_on_with_a_grant() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder)) {
            int flood = agent.open(EXEC, Wire.exec(false, List.of("cat", "/dev/zero"), ENV));
            agent.expect(flood, Frame.OPENED);
            int got = 0;
            while (got < 131072) {
                got += agent.expect(flood, Frame.DATA).payload().length;
            }
            then(got).isEqualTo(131072);
            // WHEN others are asked meanwhile, THEN they answer
            then(agent.unary(9, new byte[0]).type()).isEqualTo(Frame.END);
            agent.grant(flood, 10);
            then(agent.expect(flood, Frame.DATA).payload()).hasSize(10);
            // AND a reset ends it without an answer
            agent.send(flood, Frame.RESET, new Wire().u32(0).string("").done());
            then(agent.unary(9, new byte[0]).type()).isEqualTo(Frame.END);
        }
    }

    @Test
    void a_grandchild_that_keeps_the_output_open_does_not_delay_the_end() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder)) {
            then(run(agent, "(sleep 300; echo late) & echo now").output()).isEqualTo("now\n");
        }
    }

    @Test
    void a_signal_reaches_the_whole_process_group() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder)) {
            int stream = agent.open(EXEC, Wire.exec(false, List.of("sh", "-c", "sleep 100 & wait"), ENV));
            agent.send(stream, Frame.SIGNAL, new Wire().u32(15).done());
            then(Outcome.of(agent, stream)).isEqualTo(new Outcome("", "", 3, 15));
        }
    }

    @Test
    void a_program_that_can_not_run_is_a_reset_with_its_name() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder)) {
            Frame reset = agent.unary(EXEC, Wire.exec(false, List.of("no-such-program"), ENV));
            then(reset.errno()).isEqualTo(ENOENT);
            then(reset.message()).isEqualTo("run no-such-program: No such file or directory");
        }
    }

    @Test
    void the_service_starts_once_and_its_end_and_output_are_kept() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder)) {
            // GIVEN a start that fails, which does not count
            then(agent.unary(2, Wire.start(List.of("no-such-program"), ENV, "")).errno())
                    .isEqualTo(ENOENT);
            then(agent.unary(3, new byte[0]).payload()).as("never started").isEqualTo(new byte[8]);
            // WHEN
            then(agent.unary(2, Wire.start(List.of("sh", "-c", "echo one; echo two >&2; exit 7"), ENV, "/"))
                            .type())
                    .isEqualTo(Frame.END);
            then(agent.unary(2, Wire.start(List.of("true"), ENV, "")).errno()).isEqualTo(EALREADY);
            Frame end = agent.unary(3, new byte[0]);
            // THEN
            then(end.body().get(0)).isEqualTo((byte) 2);
            then(end.body().getInt(4)).isEqualTo(7);
            then(records(agent, 0)).contains("1 one\n", "2 two\n", "3 the service exited with status 7\n");
        }
    }

    @Test
    void a_reader_that_falls_behind_is_told_how_much_it_lost_and_holds_up_nobody() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder)) {
            // GIVEN a follower that grants nothing, and a service that writes more than the log keeps
            int follow = agent.open(6, Wire.logs(0, true));
            agent.expect(follow, Frame.OPENED);
            ByteArrayOutputStream log = new ByteArrayOutputStream();
            agent.open(2, Wire.start(List.of("head", "-c", "3000000", "/dev/zero"), ENV, ""));
            int wait = agent.open(3, new byte[0]);
            collectUntil(agent, follow, log, frame -> frame.stream() == wait && frame.type() == Frame.END);
            then(log.size()).isEqualTo(131072);
            // WHEN it takes what is left
            agent.grant(follow, 131072);
            collectUntil(agent, follow, log, frame -> {
                grantUnchecked(agent, frame);
                return frame.text().endsWith("exited with status 0\n");
            });
            // THEN every byte is there or counted as lost, in whole records
            long bytes = 0, lost = 0;
            for (LogRecords record : LogRecords.parse(log.toByteArray())) {
                then(record.source()).isIn(1, 3, 4);
                bytes += record.source() == 1 ? 16 + record.text().length() : 0;
                lost += record.source() == 4 ? record.lost() : 0;
            }
            then(lost).isGreaterThan(1_500_000);
            then(bytes + lost).isBetween(3_000_000L, 3_100_000L);
        }
    }

    private static void collectUntil(AgentProcess agent, int stream, ByteArrayOutputStream log, Predicate<Frame> last)
            throws Exception {
        Frame frame;
        do {
            frame = agent.frame();
            if (frame.stream() == stream) {
                log.writeBytes(frame.payload());
            }
        } while (!last.test(frame));
    }

    private static void grantUnchecked(AgentProcess agent, Frame frame) {
        try {
            agent.grant(frame.stream(), frame.payload().length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> records(AgentProcess agent, long offset) throws Exception {
        int stream = agent.open(6, Wire.logs(offset, false));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        agent.expect(stream, Frame.OPENED);
        for (Frame frame = agent.frame(); frame.type() == Frame.DATA; frame = agent.frame()) {
            bytes.writeBytes(frame.payload());
            agent.grant(stream, frame.payload().length);
        }
        return LogRecords.parse(bytes.toByteArray()).stream()
                .map(r -> r.source() + " " + r.text())
                .toList();
    }

    @Test
    void a_connection_carries_bytes_and_ends_of_file_both_ways() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder);
                ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            int stream = agent.open(5, Wire.connect(server.getLocalPort()));
            try (Socket service = server.accept()) {
                agent.expect(stream, Frame.OPENED);
                agent.send(stream, Frame.DATA, "ping".getBytes(StandardCharsets.UTF_8));
                agent.send(stream, Frame.EOF, new byte[0]);
                then(service.getInputStream().readAllBytes()).asString().isEqualTo("ping");
                service.getOutputStream().write("pong".getBytes(StandardCharsets.UTF_8));
                service.shutdownOutput();
                then(agent.expect(stream, Frame.DATA).text()).isEqualTo("pong");
                agent.expect(stream, Frame.EOF);
                agent.expect(stream, Frame.END);
            }
        }
    }

    @Test
    void bulk_data_is_granted_as_the_service_takes_it() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder);
                ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            int stream = agent.open(5, Wire.connect(server.getLocalPort()));
            try (Socket service = server.accept()) {
                agent.expect(stream, Frame.OPENED);
                // GIVEN a megabyte, sent as far as the credit goes
                int credit = 131072;
                long read = 0;
                byte[] buffer = new byte[1 << 16];
                for (int sent = 0; sent < 16; ) {
                    if (credit >= 65536) {
                        agent.send(stream, Frame.DATA, new byte[65536]);
                        credit -= 65536;
                        sent++;
                        continue;
                    }
                    int n = service.getInputStream().read(buffer);
                    read += n;
                    if (read >= 65536L * sent - 65536) {
                        credit += agent.expect(stream, Frame.WINDOW).body().getInt();
                    }
                }
                agent.send(stream, Frame.EOF, new byte[0]);
                // THEN all of it arrives
                read += service.getInputStream().readAllBytes().length;
                then(read).isEqualTo(16L * 65536);
            }
        }
    }

    @Test
    void a_port_that_nobody_listens_on_is_refused() throws Exception {
        int port;
        try (ServerSocket unused = new ServerSocket(0)) {
            port = unused.getLocalPort();
        }
        try (AgentProcess agent = AgentProcess.resumed(folder)) {
            Frame reset = agent.unary(5, Wire.connect(port));
            then(reset.errno()).as("%s", reset).isEqualTo(ECONNREFUSED);
        }
    }

    @Test
    void a_reset_by_the_service_is_a_reset_of_the_stream() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder);
                ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            int stream = agent.open(5, Wire.connect(server.getLocalPort()));
            try (Socket service = server.accept()) {
                agent.expect(stream, Frame.OPENED);
                service.setSoLinger(true, 0);
            }
            then(agent.expect(stream, Frame.RESET).errno()).isEqualTo(104);
        }
    }

    @Test
    void listening_ports_of_the_loopback_interface_are_listed() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder);
                ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Frame end = agent.unary(7, new byte[0]);
            List<Integer> ports = new ArrayList<>();
            for (int i = end.body().getInt(0); i > 0; i--) {
                ports.add(0xffff & end.body().getShort(2 + 2 * i));
            }
            then(ports).contains(server.getLocalPort()).doesNotHaveDuplicates();
        }
    }

    @Test
    void quiesce_kills_commands_and_closes_connections() throws Exception {
        try (AgentProcess agent = AgentProcess.resumed(folder);
                ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            int exec = agent.open(EXEC, Wire.exec(false, List.of("sleep", "1000"), ENV));
            long pid = agent.expect(exec, Frame.OPENED).body().getInt();
            int connect = agent.open(5, Wire.connect(server.getLocalPort()));
            try (Socket service = server.accept()) {
                agent.expect(connect, Frame.OPENED);
                ProcessHandle command = ProcessHandle.of(pid).orElseThrow();
                int quiesce = agent.open(8, new byte[0]);
                then(List.of(agent.frame().type(), agent.frame().type())).containsOnly(Frame.RESET);
                agent.expect(quiesce, Frame.END);
                then(service.getInputStream().read()).isEqualTo(-1);
                command.onExit().get(30, TimeUnit.SECONDS);
            }
        }
    }
}

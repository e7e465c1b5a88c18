// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static dev.thaw.vm.testing.Specs.WEB_PORT;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;
import static org.awaitility.Awaitility.await;

import dev.thaw.vm.testing.Specs;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a user of a thawed VM can do with it. */
class ThawedVmTest {
    private static Thaw thaw;
    private static Vm vm;

    @BeforeAll
    static void start() {
        thaw = Thaw.open();
        vm = thaw.start(Specs.web());
    }

    @AfterAll
    static void close() {
        thaw.close();
    }

    private static String get(InetSocketAddress address, String path) throws IOException {
        try (InputStream in = URI.create("http://127.0.0.1:" + address.getPort() + path)
                .toURL()
                .openStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void its_service_answers_through_a_port_of_the_loopback_address() throws IOException {
        // WHEN
        InetSocketAddress address = vm.port(WEB_PORT);
        // THEN
        then(address.getAddress().isLoopbackAddress()).isTrue();
        then(get(address, "/passwd")).startsWith("root:");
    }

    @Test
    void a_port_that_was_not_asked_for_is_refused_with_those_that_there_are() {
        thenThrownBy(() -> vm.port(5432))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Port 5432 of busybox is not forwarded; [8080] are. Give it to the spec with port(5432).");
    }

    @Test
    void a_command_gives_its_exit_status_and_both_outputs_apart() {
        ExecResult result = vm.exec("sh", "-c", "echo out; echo err >&2; exit 3");
        then(result.exitCode()).isEqualTo(3);
        then(result.stdout()).isEqualTo("out\n");
        then(result.stderr()).isEqualTo("err\n");
        then(result.duration()).isPositive();
    }

    @Test
    void a_command_that_a_signal_ends_has_the_status_that_a_shell_reports() {
        then(vm.exec("sh", "-c", "kill -9 $$").exitCode()).isEqualTo(128 + 9);
    }

    @Test
    void a_command_gets_environment_folder_user_and_input_as_asked() {
        ExecResult result = vm.exec(ExecSpec.of("sh", "-c", "echo $COLOUR; pwd; id -u; cat")
                .withEnv("COLOUR", "blue")
                .withDirectory("/tmp")
                .withUser("1000:1000")
                .withStdin("from the host"));
        then(result.stdout()).isEqualTo("blue\n/tmp\n1000\nfrom the host");
    }

    @Test
    void a_large_input_comes_back_byte_for_byte() {
        // GIVEN more than the stream's window
        String text = "0123456789abcdef".repeat(40_000);
        // WHEN
        ExecResult result = vm.exec(ExecSpec.of("cat").withStdin(text));
        // THEN
        then(result.stdout()).isEqualTo(text);
    }

    @Test
    void a_program_that_does_not_exist_is_named() {
        thenThrownBy(() -> vm.exec("no-such-program"))
                .isInstanceOf(GuestException.class)
                .hasMessageContaining("no-such-program")
                .hasMessageContaining("errno 2");
    }

    @Test
    void a_command_that_takes_too_long_is_killed() {
        // GIVEN
        ExecSpec command = ExecSpec.of("sleep", "12345").withTimeout(Duration.ofMillis(500));
        // WHEN THEN
        thenThrownBy(() -> vm.exec(command))
                .isInstanceOf(GuestException.class)
                .hasMessageMatching(".* failed: Waited \\d+ ms in vain for its end\\.");
        await("the command's end")
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> then(vm.exec("sh", "-c", "ps | grep '[s]leep 12345' | wc -l")
                                .stdout()
                                .strip())
                        .isEqualTo("0"));
    }

    @Test
    void a_command_that_floods_its_output_is_killed_at_the_limit() {
        thenThrownBy(() -> vm.exec("cat", "/dev/zero"))
                .isInstanceOf(GuestException.class)
                .hasMessageContaining("it wrote more than 16 MiB of output");
        then(vm.exec("echo", "still there").stdout()).isEqualTo("still there\n");
    }

    @Test
    void many_connections_at_a_time_each_get_their_own_answer() throws Exception {
        // GIVEN 50 connections that are open together
        List<Socket> clients = new CopyOnWriteArrayList<>();
        try {
            for (int i = 0; i < 50; i++) {
                Socket client = new Socket(
                        vm.port(WEB_PORT).getAddress(), vm.port(WEB_PORT).getPort());
                clients.add(client);
            }
            // WHEN all of them ask
            for (Socket client : clients) {
                client.getOutputStream().write("GET /group HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            }
            // THEN
            for (Socket client : clients) {
                client.setSoTimeout(30_000);
                then(new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                        .contains(" 200 OK")
                        .contains("root:");
            }
        } finally {
            for (Socket client : clients) {
                client.close();
            }
        }
    }

    @Test
    void what_a_copy_writes_no_other_copy_sees() {
        vm.exec("sh", "-c", "echo secret > /etc/note");
        try (Vm other = thaw.start(Specs.web())) {
            then(other.exec("cat", "/etc/note").exitCode()).isNotZero();
        }
    }

    @Test
    void its_log_has_what_the_service_wrote_before_the_freeze_and_after() {
        try (Vm talker = thaw.start(Specs.script("echo started; while true; do sleep 0.1; echo tick >&2; done")
                .waitFor(Wait.log("started")))) {
            List<LogLine> seen = new CopyOnWriteArrayList<>();
            Logs.Subscription following = talker.logs().follow(seen::add);
            await("new lines").atMost(Duration.ofSeconds(20)).until(() -> seen.size() > 5);
            following.close();
            then(seen.get(0).text()).isEqualTo("started");
            then(seen.get(0).source()).isEqualTo(LogLine.Source.STDOUT);
            then(seen.get(5).source()).isEqualTo(LogLine.Source.STDERR);
            then(talker.logs().lines()).extracting(LogLine::text).contains("started", "tick");
            then(talker.logs().file()).content().startsWith("started\n");
        }
    }

    @Test
    void nothing_of_it_is_left_once_it_is_closed() {
        // GIVEN
        Vm gone = thaw.start(Specs.web());
        InetSocketAddress address = gone.port(WEB_PORT);
        Path folder = gone.logs().file().getParent();
        // WHEN
        gone.close();
        // THEN
        then(Files.exists(folder)).isFalse();
        thenThrownBy(() -> new Socket(address.getAddress(), address.getPort()).close())
                .hasMessageContaining("refused");
        then(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(name -> name.contains(gone.id()));
        then(ProcessHandle.current().descendants())
                .noneMatch(child -> child.info().commandLine().orElse("").contains(gone.id()));
        thenThrownBy(() -> gone.exec("true")).isInstanceOf(GuestException.class);
        gone.close();
    }

    @Test
    void its_files_on_the_host_are_for_its_owner_alone() throws IOException {
        Path folder = vm.logs().file().getParent();
        then(Files.getPosixFilePermissions(folder)).extracting(Enum::name).allMatch(name -> name.startsWith("OWNER"));
        then(Files.getPosixFilePermissions(vm.logs().file()))
                .extracting(Enum::name)
                .containsExactlyInAnyOrder("OWNER_READ", "OWNER_WRITE");
    }
}

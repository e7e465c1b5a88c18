// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.instance;

import static dev.thaw.vm.testing.Lab.soon;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;
import static org.awaitility.Awaitility.await;

import dev.thaw.vm.ExecResult;
import dev.thaw.vm.ExecSpec;
import dev.thaw.vm.LogLine;
import dev.thaw.vm.engine.ChangedMemory;
import dev.thaw.vm.guest.ExecCall;
import dev.thaw.vm.guest.GuestStats;
import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.testing.Lab;
import dev.thaw.vm.testing.Lab.Frozen;
import dev.thaw.vm.testing.Specs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a checkpoint does to commands, connections, logs, clock and names, in the source and in a copy. */
class PausedGuestTest {
    private static final int PORT = 7003;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration CLOCK_MAY_BE_WRONG = Duration.ofMillis(500);
    /** Each connection gets a process of its own, which sends back what it is sent. */
    private static final String SERVICE = "i=0; (while true; do i=$((i+1)); echo line $i; sleep 0.05; done) &"
            + " exec nc -ll -p " + PORT + " -e cat";

    private static Lab lab;

    @TempDir
    private Path folder;

    @BeforeAll
    static void bake() {
        lab = Lab.of(Specs.script(SERVICE).port(PORT));
    }

    @AfterAll
    static void close() {
        lab.close();
    }

    private static ExecResult exec(Instance instance, String... argv) throws IOException {
        return Await.get(instance.guest().exec(ExecSpec.of(argv)).result(), soon(), "a command");
    }

    private static String echo(Socket client, String text) throws IOException {
        client.setSoTimeout((int) PATIENCE.toMillis());
        client.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        return new String(client.getInputStream().readNBytes(text.length()), StandardCharsets.US_ASCII);
    }

    /** How many processes there are whose command line the pattern matches as a whole. */
    private static String count(Instance instance, String pattern) throws IOException {
        return exec(instance, "sh", "-c", "ps -o args | grep -x '" + pattern + "' | wc -l")
                .stdout()
                .strip();
    }

    @Test
    void commands_and_connections_go_on_in_the_source_and_are_gone_in_a_copy() throws IOException {
        try (Instance source = lab.restore(lab.baked());
                Socket client = connect(source)) {
            // GIVEN
            then(echo(client, "before")).isEqualTo("before");
            ExecCall call = source.guest()
                    .exec(
                            ExecSpec.of(
                                    "sh",
                                    "-c",
                                    ": marker-4711; touch /tmp/begun; while [ ! -e /tmp/go ]; do sleep 0.05; done; echo gone on"));
            await("the command")
                    .atMost(PATIENCE)
                    .until(() -> exec(source, "ls", "/tmp/begun").exitCode() == 0);
            System.out.println(
                    "DBG " + exec(source, "ps", "-o", "pid,ppid,stat,args").stdout());
            // WHEN
            Frozen frozen = lab.checkpoint(source, lab.baked(), folder, "one");
            // THEN
            then(echo(client, "after")).isEqualTo("after");
            then(count(source, ".*marke[r]-4711.*")).isEqualTo("1");
            then(count(source, "cat")).isEqualTo("1");
            exec(source, "touch", "/tmp/go");
            then(Await.get(call.result(), soon(), "the command").stdout()).isEqualTo("gone on\n");
            try (Instance copy = lab.restore(frozen)) {
                then(count(copy, ".*marke[r]-4711.*")).isEqualTo("0");
                await("the connection's process")
                        .atMost(PATIENCE)
                        .until(() -> count(copy, "cat").equals("0"));
                try (Socket ofCopy = connect(copy)) {
                    then(echo(ofCopy, "new")).isEqualTo("new");
                }
            }
        }
    }

    private static Socket connect(Instance instance) throws IOException {
        InetSocketAddress address = instance.addresses().get(PORT);
        return new Socket(address.getAddress(), address.getPort());
    }

    @Test
    void what_is_asked_meanwhile_is_answered_afterwards() throws IOException {
        try (Instance source = lab.restore(lab.baked())) {
            List<ExecCall> asked = new CopyOnWriteArrayList<>();
            source.checkpoint(
                    folder.resolve("state"),
                    changed -> IntStream.range(0, 20)
                            .forEach(i -> asked.add(source.guest().exec(ExecSpec.of("echo", "call " + i)))),
                    soon());
            for (int i = 0; i < asked.size(); i++) {
                then(Await.get(asked.get(i).result(), soon(), "a command").stdout())
                        .isEqualTo("call " + i + "\n");
            }
            then(asked).hasSize(20);
        }
    }

    @Test
    void the_log_goes_on_without_a_gap_and_a_copy_has_it_from_its_beginning() throws IOException {
        try (Instance source = lab.restore(lab.baked())) {
            Frozen frozen = lab.checkpoint(source, lab.baked(), folder, "one");
            int lines = source.log().lines().size();
            await("more lines")
                    .atMost(PATIENCE)
                    .until(() -> source.log().lines().size() > lines + 5);
            thenIsWhole(source);
            try (Instance copy = lab.restore(frozen)) {
                await("its lines")
                        .atMost(PATIENCE)
                        .until(() -> copy.log().lines().size() > lines + 5);
                thenIsWhole(copy);
            }
        }
    }

    private static void thenIsWhole(Instance instance) {
        List<String> lines = instance.log().lines().stream().map(LogLine::text).toList();
        then(lines)
                .isEqualTo(IntStream.rangeClosed(1, lines.size())
                        .mapToObj(i -> "line " + i)
                        .toList());
    }

    @Test
    void the_source_keeps_its_identity_and_the_hosts_time_and_a_copy_has_its_own() throws IOException {
        String ids = "cat /etc/machine-id /proc/sys/kernel/random/boot_id; hostname";
        try (Instance source = lab.restore(lab.baked())) {
            String before = exec(source, "sh", "-c", ids).stdout();
            // GIVEN a checkpoint that takes far longer than the clock may be wrong
            Frozen frozen = new Frozen(folder.resolve("memory"), folder.resolve("state"));
            Lab.copySparse(lab.baked().memory(), frozen.memory());
            source.checkpoint(frozen.deviceState(), changed -> storeSlowly(changed, frozen.memory()), soon());
            // THEN
            then(exec(source, "sh", "-c", ids).stdout()).isEqualTo(before);
            thenClockIsRight(source);
            try (Instance copy = lab.restore(frozen)) {
                then(exec(copy, "sh", "-c", ids).stdout().lines())
                        .doesNotContainAnyElementsOf(before.lines().toList());
                thenClockIsRight(copy);
            }
        }
    }

    private static void storeSlowly(ChangedMemory changed, Path memory) throws IOException {
        await("some time").pollDelay(CLOCK_MAY_BE_WRONG.multipliedBy(2)).until(() -> true);
        Lab.write(changed, memory);
    }

    private static void thenClockIsRight(Instance instance) throws IOException {
        Instant asked = Instant.now();
        GuestStats stats = Await.get(instance.guest().stats(), soon(), "the clock");
        then(stats.clock())
                .isBetween(asked.minus(CLOCK_MAY_BE_WRONG), Instant.now().plus(CLOCK_MAY_BE_WRONG));
    }

    @Test
    void two_checkpoints_at_a_time_are_taken_one_after_the_other() throws Exception {
        try (Instance source = lab.restore(lab.baked())) {
            CompletableFuture<Frozen> other = CompletableFuture.supplyAsync(() -> take(source, "other"));
            Frozen one = take(source, "one");
            for (Frozen frozen : List.of(one, other.get())) {
                try (Instance copy = lab.restore(frozen)) {
                    then(exec(copy, "echo", "here").stdout()).isEqualTo("here\n");
                }
            }
        }
    }

    private Frozen take(Instance source, String name) {
        try {
            return lab.checkpoint(source, lab.baked(), folder, name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void a_machine_that_has_ended_says_so() throws Exception {
        try (Instance source = lab.restore(lab.baked())) {
            ProcessHandle qemu = source.machine().process().orElseThrow();
            qemu.destroyForcibly();
            qemu.onExit().get();
            thenThrownBy(() -> source.checkpoint(folder.resolve("state"), changed -> {}, soon()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("its machine has ended");
            then(folder.resolve("state")).doesNotExist();
        }
    }

    @Test
    void a_machine_that_ends_while_it_is_read_says_so() throws Exception {
        try (Instance source = lab.restore(lab.baked())) {
            ProcessHandle qemu = source.machine().process().orElseThrow();
            thenThrownBy(() -> source.checkpoint(
                            folder.resolve("state"),
                            changed -> {
                                qemu.destroyForcibly();
                                qemu.onExit().join();
                                changed.read((offset, bytes) -> {});
                            },
                            soon()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("process has ended");
        }
    }

    @Test
    void a_machine_that_was_booted_is_refused_and_goes_on() throws IOException {
        try (Instance booted = lab.boot(folder.resolve("memory"))) {
            booted.resume(soon());
            thenThrownBy(() -> booted.checkpoint(folder.resolve("state"), changed -> {}, soon()))
                    .hasMessageContaining("was booted")
                    .hasMessageEndingWith("Freeze it.");
            Await.get(booted.guest().stats(), soon(), "an answer");
        }
    }

    @Test
    void a_machine_that_was_restored_is_not_frozen() throws IOException {
        try (Instance source = lab.restore(lab.baked())) {
            thenThrownBy(() -> source.machine().freeze(folder.resolve("state"), soon()))
                    .hasMessageContaining("was restored")
                    .hasMessageEndingWith("Take a checkpoint.");
        }
    }

    @Test
    @Tag("root")
    void a_full_disk_leaves_no_state_behind_and_the_source_runs() throws Exception {
        Path small = Files.createDirectory(folder.resolve("small"));
        run("mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", small.toString());
        try (Instance source = lab.restore(lab.baked())) {
            Path state = small.resolve("state");
            thenThrownBy(() -> source.checkpoint(state, changed -> {}, soon()))
                    .hasMessage("The devices' state can't be written to " + state + ": No space left on device");
            then(state).doesNotExist();
            then(exec(source, "echo", "here").stdout()).isEqualTo("here\n");
        } finally {
            run("umount", small.toString());
        }
    }

    private static void run(String... command) throws Exception {
        then(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }
}

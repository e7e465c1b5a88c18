// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;
import static org.awaitility.Awaitility.await;

import dev.thaw.vm.testing.Specs;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What copies of one frozen machine get wrong if nobody takes care: names, randomness, time, connections. */
class RestoreHazardsTest {
    private static final int COPIES = 8;
    private static Thaw thaw;

    @BeforeAll
    static void open() {
        thaw = Thaw.open();
    }

    @AfterAll
    static void close() {
        thaw.close();
    }

    /** A service that writes the clock and random bytes without pause, so that its first line after the thaw is known. */
    private static VmSpec restless() {
        return Specs.script("while true; do"
                        + " echo \"now $(date +%s) $(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' ')"
                        + " $(cat /proc/sys/kernel/random/uuid) $(cat /etc/machine-id) $(hostname)\"; done")
                .waitFor(Wait.log("now"));
    }

    private static String only(Vm vm, String... argv) {
        ExecResult result = vm.exec(argv);
        then(result.exitCode()).as(result.stderr()).isZero();
        return result.stdout().strip();
    }

    @Test
    void eight_copies_differ_pairwise_in_all_that_has_to_be_unique() {
        // GIVEN eight copies of one snapshot that run side by side
        Map<String, List<String>> seen = new TreeMap<>();
        List<Vm> copies = new ArrayList<>();
        for (int i = 0; i < COPIES; i++) {
            copies.add(thaw.start(Specs.web()));
        }
        // WHEN each is asked for what must be its own
        for (Vm vm : copies) {
            seen.computeIfAbsent("urandom", k -> new ArrayList<>())
                    .add(only(vm, "sh", "-c", "head -c 32 /dev/urandom | od -An -tx1"));
            seen.computeIfAbsent("random", k -> new ArrayList<>())
                    .add(only(vm, "sh", "-c", "head -c 32 /dev/random | od -An -tx1"));
            seen.computeIfAbsent("uuid", k -> new ArrayList<>()).add(only(vm, "cat", "/proc/sys/kernel/random/uuid"));
            seen.computeIfAbsent("boot id", k -> new ArrayList<>())
                    .add(only(vm, "cat", "/proc/sys/kernel/random/boot_id"));
            seen.computeIfAbsent("machine id", k -> new ArrayList<>()).add(only(vm, "cat", "/etc/machine-id"));
            seen.computeIfAbsent("host name", k -> new ArrayList<>()).add(only(vm, "hostname"));
            seen.computeIfAbsent("/etc/hostname", k -> new ArrayList<>()).add(only(vm, "cat", "/etc/hostname"));
            // mktemp takes its name from getrandom
            seen.computeIfAbsent("getrandom", k -> new ArrayList<>()).add(only(vm, "mktemp", "-u"));
        }
        copies.forEach(Vm::close);
        // THEN
        then(seen)
                .allSatisfy(
                        (what, values) -> then(values).as(what).hasSize(COPIES).doesNotHaveDuplicates());
        then(seen.get("host name"))
                .containsExactlyElementsOf(copies.stream().map(Vm::id).toList());
    }

    @Test
    void a_copy_is_itself_from_the_first_instruction_that_its_service_runs() {
        // GIVEN a service that was frozen at work, and the log of its bake, which every copy has
        List<List<String>> firstLines = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            try (Vm vm = thaw.start(restless())) {
                // WHEN its first whole line after the thaw is there (a line can straddle the freeze, so take the
                // second)
                List<String> own = linesWith(vm, vm.id());
                firstLines.add(own);
                Instant thawed = Instant.now();
                // THEN its clock is right
                long clock = Long.parseLong(own.get(0).split(" ", -1)[1]);
                then(Instant.ofEpochSecond(clock)).isBetween(thawed.minusSeconds(10), thawed.plusSeconds(1));
            }
        }
        // AND no two copies share a random number
        then(firstLines.stream().flatMap(List::stream).map(line -> line.split(" ", -1)[2]))
                .doesNotHaveDuplicates();
        then(firstLines.stream().flatMap(List::stream).map(line -> line.split(" ", -1)[3]))
                .doesNotHaveDuplicates();
    }

    /** The first line can straddle the freeze: its numbers are of before, its name of after. */
    private static List<String> linesWith(Vm vm, String text) {
        await("lines of " + text)
                .atMost(Duration.ofSeconds(20))
                .until(() -> vm.logs().lines().stream()
                                .filter(line -> line.text().endsWith(text))
                                .count()
                        > 3);
        return vm.logs().lines().stream()
                .map(LogLine::text)
                .filter(line -> line.endsWith(text))
                .skip(1)
                .limit(3)
                .toList();
    }

    @Test
    void a_client_sees_its_connection_end_when_the_vm_goes() throws IOException {
        // GIVEN a connection that stands
        VmSpec spec = Specs.busybox("nc", "-ll", "-p", "7001", "-e", "cat").port(7001);
        Vm vm = thaw.start(spec);
        InetSocketAddress address = vm.port(7001);
        try (Socket client = new Socket(address.getAddress(), address.getPort())) {
            client.setSoTimeout(10_000);
            client.getOutputStream().write("ping".getBytes(StandardCharsets.US_ASCII));
            then(client.getInputStream().readNBytes(4)).isEqualTo("ping".getBytes(StandardCharsets.US_ASCII));
            // WHEN
            vm.close();
            // THEN reading ends at once, with an error or an end of file, and does not hang
            thenThrownBy(() -> {
                        if (client.getInputStream().read() < 0) {
                            throw new IOException("end of file");
                        }
                    })
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(java.net.SocketTimeoutException.class);
        }
    }

    @Test
    void any_change_of_a_spec_bakes_anew_and_none_does_not() {
        // GIVEN
        VmSpec spec = Specs.web();
        thaw.bake(spec);
        // THEN
        then(thaw.bake(spec)).isFalse();
        then(thaw.bake(spec.name("another-name")))
                .as("a name is no part of the key")
                .isFalse();
        then(thaw.bake(spec.readyTimeout(Duration.ofSeconds(77)))).isFalse();
        String change = Long.toString(System.nanoTime());
        then(thaw.bake(spec.env("CHANGE", change))).isTrue();
    }
}

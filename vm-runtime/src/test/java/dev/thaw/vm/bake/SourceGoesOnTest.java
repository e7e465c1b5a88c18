// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.bake;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;
import static org.awaitility.Awaitility.await;

import dev.thaw.guest.Architecture;
import dev.thaw.guest.Boot;
import dev.thaw.guest.GuestKit;
import dev.thaw.image.ImageStore;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.vm.ExecResult;
import dev.thaw.vm.ExecSpec;
import dev.thaw.vm.LogLine;
import dev.thaw.vm.ThawConfig;
import dev.thaw.vm.VmSpec;
import dev.thaw.vm.engine.Engine;
import dev.thaw.vm.guest.GuestStats;
import dev.thaw.vm.instance.Instance;
import dev.thaw.vm.instance.InstanceId;
import dev.thaw.vm.instance.RunFolder;
import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.lifecycle.Deadline;
import dev.thaw.vm.qemu.QemuEngine;
import dev.thaw.vm.testing.Specs;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A machine that was frozen and then runs on is as it was, but for its connections to the host. */
class SourceGoesOnTest {
    private static final int PORT = 7002;

    @TempDir
    private Path folder;

    private static Deadline soon() {
        return Deadline.in(Duration.ofSeconds(60));
    }

    private static ExecResult exec(Instance instance, String... argv) throws IOException {
        return Await.get(instance.guest().exec(ExecSpec.of(argv)).result(), soon(), "a command");
    }

    private static Socket connect(Instance instance) throws IOException {
        InetSocketAddress address = instance.addresses().get(PORT);
        Socket client = new Socket(address.getAddress(), address.getPort());
        client.setSoTimeout(10_000);
        return client;
    }

    private static String echo(Socket client, String text) throws IOException {
        client.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        return new String(client.getInputStream().readNBytes(text.length()), StandardCharsets.US_ASCII);
    }

    @Test
    void the_source_of_a_freeze_runs_on_unharmed_and_without_its_old_connections() throws IOException {
        ThawConfig config = ThawConfig.load();
        VmSpec spec =
                Specs.script("echo begun; exec nc -ll -p " + PORT + " -e cat").port(PORT);
        Boot boot = GuestKit.prepare(config.home().resolve("guest"), config.kernel(), Architecture.X86_64);
        try (SnapshotStore store = SnapshotStore.open(config.home().resolve("snapshots"));
                ImageStore images = ImageStore.open(config.home().resolve("images"));
                Engine engine = QemuEngine.open(config, boot)) {
            // GIVEN a machine with a service, a file in memory, and a client
            Plan plan = new Planner(images, boot, engine).plan(spec);
            String id = InstanceId.of(plan.name());
            RunFolder run = RunFolder.create(store.leases(RunFolder.root()), id, Optional.empty());
            try (Instance instance = Instance.boot(
                    engine, plan.machine(id, run.path(), folder.resolve("memory")), run, List.of(PORT), soon())) {
                instance.resume(soon());
                Await.get(instance.guest().start(plan.service()), soon(), "the start");
                instance.openPorts(soon());
                await("the service")
                        .atMost(Duration.ofSeconds(20))
                        .until(() -> Await.get(instance.guest().listening(), soon(), "ports")
                                .contains(PORT));
                exec(instance, "sh", "-c", "echo remembered > /tmp/file");
                try (Socket client = connect(instance)) {
                    then(echo(client, "before")).isEqualTo("before");
                    // WHEN it is quiesced and frozen
                    Await.get(instance.guest().quiesce(), soon(), "rest");
                    instance.machine().freeze(folder.resolve("state"), soon());
                    // THEN the client sees that its connection is gone, instead of a silence
                    thenThrownBy(() -> client.getInputStream().read()).hasMessage("Connection reset");
                }
                // WHEN it runs on
                instance.machine().proceed(soon());
                instance.resume(soon());
                // THEN all is as before, and the clock is right
                then(exec(instance, "cat", "/tmp/file").stdout()).isEqualTo("remembered\n");
                try (Socket client = connect(instance)) {
                    then(echo(client, "after")).isEqualTo("after");
                }
                then(instance.log().lines()).extracting(LogLine::text).containsExactly("begun");
                thenClockIsRight(instance);
            }
        }
    }

    /** Within 20 ms, and what the question takes on its way. */
    private static void thenClockIsRight(Instance instance) throws IOException {
        Instant asked = Instant.now();
        GuestStats stats = Await.get(instance.guest().stats(), soon(), "the clock");
        Instant answered = Instant.now();
        then(stats.clock()).isBetween(asked.minusMillis(20), answered.plusMillis(20));
    }
}

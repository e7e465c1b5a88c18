// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.bake;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;
import static org.awaitility.Awaitility.await;

import dev.thaw.guest.Architecture;
import dev.thaw.guest.Boot;
import dev.thaw.guest.GuestKit;
import dev.thaw.image.ImageStore;
import dev.thaw.snapshot.Leases;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.vm.BakeException;
import dev.thaw.vm.ThawConfig;
import dev.thaw.vm.engine.Engine;
import dev.thaw.vm.qemu.QemuEngine;
import dev.thaw.vm.testing.QemuScript;
import dev.thaw.vm.testing.Specs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A machine that does not come up is told with its console's end, and as soon as it has ended. The bakes may take an
 * hour: whoever waits that long does not notice the machine's end.
 */
@Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BootFailureTest {
    private static final Duration LONG = Duration.ofHours(1);
    private static final int GARBAGE_BYTES = 20_000;

    @TempDir
    private Path folder;

    private ThawConfig config;
    private Boot boot;
    private SnapshotStore store;
    private Leases leases;

    @BeforeEach
    void prepare() throws IOException {
        config = ThawConfig.load();
        boot = GuestKit.prepare(config.home().resolve("guest"), config.kernel(), Architecture.X86_64);
        store = SnapshotStore.open(folder.resolve("snapshots"));
        leases = store.leases(Files.createDirectory(folder.resolve("run")));
    }

    @AfterEach
    void nothing_is_left() throws IOException {
        store.close();
        then(folder.resolve("run")).isEmptyDirectory();
        then(folder.resolve("snapshots/drafts")).isEmptyDirectory();
        try (Stream<ProcessHandle> children = ProcessHandle.current().descendants()) {
            then(children.map(child -> child.info().commandLine().orElse("")))
                    .noneMatch(line -> line.contains(folder.toString()));
        }
    }

    private void bake(ThawConfig with, Boot from, Duration timeout) {
        try (ImageStore images = ImageStore.open(config.home().resolve("images"));
                Engine engine = QemuEngine.open(with, boot)) {
            Plan plan = new Planner(images, from, engine).plan(Specs.web().bakeTimeout(timeout));
            store.findOrBake(plan.key(), LONG, draft -> new Baker(engine, leases).bake(plan, draft, List.of()));
        }
    }

    private ThawConfig withQemu(String script) throws IOException {
        String qemu = QemuScript.in(folder, script).path().toString();
        return new ThawConfig(
                config.home(),
                "auto",
                ThawConfig.Accel.TCG,
                config.kernel(),
                Optional.of(qemu),
                config.autoDedup(),
                config.cache(),
                config.registries());
    }

    private static void thenBootFails(ThrowableAssert.ThrowingCallable bake, String... messageParts) {
        thenThrownBy(bake)
                .isInstanceOf(BakeException.class)
                .hasMessageContainingAll(messageParts)
                .extracting(e -> ((BakeException) e).phase())
                .isEqualTo(BakeException.Phase.BOOT);
    }

    @Test
    void a_scratch_disk_that_can_not_be_made_fails_the_bake_before_there_is_a_machine() {
        try (ImageStore images = ImageStore.open(config.home().resolve("images"));
                Engine engine = QemuEngine.open(config, boot)) {
            Plan plan = new Planner(images, boot, engine).plan(Specs.web().disk("64m"));
            thenThrownBy(() -> store.findOrBake(plan.key(), LONG, draft -> {
                        // GIVEN something in its place
                        Files.createFile(draft.rawScratch());
                        new Baker(engine, leases).bake(plan, draft, List.of());
                    }))
                    .isInstanceOf(BakeException.class)
                    .hasMessageContaining("preparing failed")
                    .hasMessageContaining("scratch.raw")
                    .extracting(e -> ((BakeException) e).phase())
                    .isEqualTo(BakeException.Phase.PREPARE);
        }
    }

    @Test
    void a_kernel_that_panics_is_told_with_its_panic_as_soon_as_it_does() throws IOException {
        // GIVEN an initramfs that is none
        byte[] garbage = new byte[GARBAGE_BYTES];
        new Random(4711).nextBytes(garbage);
        Path initramfs = Files.write(folder.resolve("initramfs"), garbage);
        Boot corrupt = new Boot(boot.kernel(), boot.kernelSha256(), initramfs, "0".repeat(64), boot.kernelVersion());
        // WHEN THEN
        thenBootFails(
                () -> bake(config, corrupt, LONG),
                "booting the machine failed after",
                "its machine has ended",
                "The end of the console:",
                "Kernel panic - not syncing: VFS: Unable to mount root fs",
                "QEMU ended with status 0; the guest's kernel has switched its machine off or reset it.");
    }

    @Test
    void a_kernel_that_is_none_is_told_with_what_qemu_says() throws IOException {
        Path kernel = Files.writeString(folder.resolve("vmlinuz"), "This is no kernel.");
        Boot none = new Boot(kernel, "0".repeat(64), boot.initramfs(), boot.initramfsSha256(), "6.1");
        thenBootFails(() -> bake(config, none, LONG), "QEMU ended with status 1 while", "QEMU said:");
    }

    @Test
    void a_qemu_that_is_killed_while_it_boots_is_told_with_the_signal() throws IOException {
        // GIVEN a QEMU that somebody ends after a second, as the kernel does when memory is short
        ThawConfig killed = withQemu("qemu-system-x86_64 -S \"$@\" & child=$!; sleep 1; kill -9 $child; kill -9 $$");
        // WHEN THEN
        thenBootFails(() -> bake(killed, boot, LONG), "its machine has ended", "QEMU was ended by signal 9.");
    }

    @Test
    void a_machine_that_shows_no_sign_of_life_is_given_up_when_the_time_is_over() throws IOException {
        // GIVEN a machine that does not run
        ThawConfig stopped = withQemu("exec qemu-system-x86_64 -S \"$@\"");
        // WHEN THEN
        thenBootFails(
                () -> bake(stopped, boot, Duration.ofSeconds(3)),
                " ms (the bake may take 3000 ms). ",
                " ms in vain for the guest to resume.",
                "The service wrote nothing.");
    }

    @Test
    void an_interrupt_ends_a_bake_at_once() throws IOException, InterruptedException {
        // GIVEN a bake that would take an hour, in a thread of its own, as a test with a timeout has
        ThawConfig stopped = withQemu("exec qemu-system-x86_64 -S \"$@\"");
        Throwable[] thrown = new Throwable[1];
        boolean[] flag = new boolean[1];
        Thread thread = new Thread(() -> {
            try {
                bake(stopped, boot, LONG);
            } catch (RuntimeException e) {
                thrown[0] = e;
            }
            flag[0] = Thread.currentThread().isInterrupted();
        });
        thread.start();
        // WHEN it is interrupted while it boots
        await("the machine")
                .atMost(Duration.ofSeconds(30))
                .until(() -> ProcessHandle.current()
                        .descendants()
                        .anyMatch(child -> child.info().commandLine().orElse("").contains(folder + "/run/")));
        thread.interrupt();
        thread.join(TimeUnit.SECONDS.toMillis(30));
        // THEN
        then(thread.isAlive()).isFalse();
        then(thrown[0]).isInstanceOf(BakeException.class).hasMessageContaining("Interrupted while");
        then(flag[0]).isTrue();
    }
}

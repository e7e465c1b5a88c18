// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.bake;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.guest.Architecture;
import dev.thaw.guest.Boot;
import dev.thaw.guest.GuestKit;
import dev.thaw.image.ImageReference;
import dev.thaw.image.ImageStore;
import dev.thaw.snapshot.BakeKey;
import dev.thaw.vm.ThawConfig;
import dev.thaw.vm.VmSpec;
import dev.thaw.vm.Wait;
import dev.thaw.vm.engine.Engine;
import dev.thaw.vm.engine.Machine;
import dev.thaw.vm.engine.MachineSpec;
import dev.thaw.vm.lifecycle.Deadline;
import dev.thaw.vm.loop.EventLoop;
import dev.thaw.vm.testing.Layouts;
import dev.thaw.vm.testing.Specs;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** All that shapes a frozen state is in its key, and nothing else. */
class PlannerTest {
    private static final String IDENTITY = "qemu 7.2.0, kvm, cpu host 0011223344556677";
    private static final VmSpec SPEC = Specs.web();

    private static ImageStore images;
    private static Boot boot;

    @TempDir
    private Path folder;

    @BeforeAll
    static void open() {
        ThawConfig config = ThawConfig.load();
        images = ImageStore.open(config.home().resolve("images"));
        boot = GuestKit.prepare(config.home().resolve("guest"), config.kernel(), Architecture.X86_64);
    }

    @AfterAll
    static void close() {
        images.close();
    }

    /** An engine of another machine: its identity can be known here, but it can't run. */
    private record Elsewhere(String identity) implements Engine {
        @Override
        public Machine boot(MachineSpec spec, EventLoop loop, Deadline deadline) {
            throw new UnsupportedOperationException("This engine is on another machine.");
        }

        @Override
        public Machine restore(MachineSpec spec, Path deviceState, EventLoop loop, Deadline deadline) {
            throw new UnsupportedOperationException("This engine is on another machine.");
        }

        @Override
        public void close() {
            // It has nothing open.
        }
    }

    private static BakeKey key(VmSpec spec, Boot from, String identity) {
        return new Planner(images, from, new Elsewhere(identity)).plan(spec).key();
    }

    private static BakeKey key(VmSpec spec) {
        return key(spec, boot, IDENTITY);
    }

    static Stream<Arguments> changes() {
        return Stream.of(
                Arguments.of("memory-bytes", SPEC.memory("97m")),
                Arguments.of("cpus", SPEC.cpus(2)),
                Arguments.of("command-line", SPEC.addressRandomization(true)),
                Arguments.of("argv", SPEC.command("httpd", "-f", "-p", "8080", "-h /etc")),
                Arguments.of("argv", SPEC.entrypoint("nice")),
                Arguments.of("env", SPEC.env("A", "1")),
                Arguments.of("user", SPEC.user("nobody")),
                Arguments.of("ports", SPEC.port(8081)),
                Arguments.of("waits", SPEC.waitFor(Wait.port(8080))));
    }

    @ParameterizedTest
    @MethodSource("changes")
    void a_change_of_the_spec_is_a_change_of_that_part_alone(String part, VmSpec changed) {
        then(key(changed).differencesFrom(key(SPEC))).containsExactly(part);
    }

    static Stream<String> identities() {
        return Stream.of(
                "qemu 7.2.1, kvm, cpu host 0011223344556677",
                "qemu 7.2.0, kvm, cpu host 0011223344556678",
                "qemu 7.2.0, tcg, cpu max, tsc 2596 MHz");
    }

    @ParameterizedTest
    @MethodSource("identities")
    void another_version_accelerator_or_cpu_is_another_key(String identity) {
        then(key(SPEC, boot, identity).differencesFrom(key(SPEC))).containsExactly("engine");
    }

    @Test
    void another_kernel_or_agent_is_another_key() {
        String hash = "0".repeat(64);
        Boot otherKernel = new Boot(boot.kernel(), hash, boot.initramfs(), boot.initramfsSha256(), "6.1");
        Boot otherAgent = new Boot(boot.kernel(), boot.kernelSha256(), boot.initramfs(), hash, boot.kernelVersion());
        then(key(SPEC, otherKernel, IDENTITY).differencesFrom(key(SPEC))).containsExactly("kernel");
        then(key(SPEC, otherAgent, IDENTITY).differencesFrom(key(SPEC))).containsExactly("initramfs");
    }

    @Test
    void another_image_is_another_key_wherever_it_lies() throws IOException {
        // GIVEN an image in two places, and one that differs from it in its configuration
        String here = Layouts.busybox(folder.resolve("here"), config -> {});
        String there = Layouts.busybox(folder.resolve("there"), config -> {});
        String other = Layouts.busybox(
                folder.resolve("other"),
                config -> config.putObject("Healthcheck").putArray("Test").add("NONE"));
        // THEN
        then(key(VmSpec.of(there))).isEqualTo(key(VmSpec.of(here)));
        then(key(VmSpec.of(other)).differencesFrom(key(VmSpec.of(here)))).containsExactly("image");
    }

    @Test
    void names_and_timeouts_are_no_part_of_the_key() {
        then(key(SPEC.name("other").bakeTimeout(Duration.ofSeconds(1)).readyTimeout(Duration.ofSeconds(2))))
                .isEqualTo(key(SPEC));
    }

    @ParameterizedTest
    @CsvSource({
        "postgres:16, postgres",
        "redis, redis",
        "localhost:5000/team/My-App.v2:1, my-app",
        "ghcr.io/owner/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef, app",
        "oci:target/images/redis:7, redis",
        "docker-archive:/tmp/app.tar, app",
        "oci-archive:/tmp/9lives.tar, vm",
    })
    void a_vm_without_a_name_has_its_image_s(String image, String name) {
        then(Planner.nameFrom(ImageReference.parse(image.toLowerCase(Locale.ROOT))))
                .isEqualTo(name);
    }
}

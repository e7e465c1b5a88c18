// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.vm.testing.Images;
import dev.thaw.vm.testing.Specs;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is wrong is one exception that says what, and nothing half-made stays. */
class BadInputTest {
    private static ThawConfig config;
    private static Thaw thaw;

    @TempDir
    private Path folder;

    @BeforeAll
    static void open() {
        config = ThawConfig.load();
        thaw = Thaw.open(config);
    }

    @AfterAll
    static void close() {
        thaw.close();
    }

    /** No test of this class may leave a draft of a snapshot or a run folder of its own behind. */
    @AfterEach
    void nothing_is_left() throws IOException {
        try (Stream<Path> drafts = Files.walk(config.home().resolve("snapshots"))) {
            then(drafts.filter(path -> path.getFileName().toString().equals("memory.raw")))
                    .isEmpty();
        }
        then(ProcessHandle.current()
                        .descendants()
                        .filter(child -> child.info().command().orElse("").contains("qemu")))
                .isEmpty();
    }

    private ThawConfig with(Optional<Path> kernel, Optional<String> qemu) {
        return new ThawConfig(
                config.home(),
                "auto",
                ThawConfig.Accel.TCG,
                kernel,
                qemu,
                config.autoDedup(),
                config.cache(),
                config.registries());
    }

    @Test
    void an_image_that_is_not_there() {
        thenThrownBy(() -> thaw.start(VmSpec.of("oci:" + folder.resolve("nothing"))))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining(folder.resolve("nothing").toString());
    }

    @Test
    void an_image_in_a_registry_that_nobody_can_reach() {
        thenThrownBy(() -> thaw.start(VmSpec.of("registry.invalid/redis:7")))
                .isInstanceOf(ImageException.class)
                .hasMessageStartingWith("image registry.invalid/redis:7: registry registry.invalid can't be found: its"
                        + " name has no address.");
    }

    @Test
    void an_image_by_a_name_that_none_can_have() {
        thenThrownBy(() -> thaw.start(VmSpec.of("Redis:7")))
                .isInstanceOf(ImageException.class)
                .hasMessageStartingWith("image 'Redis:7': 'Redis' can't be part of a repository's name: it must be in"
                        + " lower case.");
    }

    @Test
    void a_layout_whose_manifest_was_damaged() throws IOException {
        Path copy = folder.resolve("damaged");
        Path original = Path.of(Images.reference("busybox").substring("oci:".length()));
        try (Stream<Path> files = Files.walk(original)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(original.relativize(file).toString()));
            }
        }
        try (Stream<Path> blobs = Files.list(copy.resolve("blobs/sha256"))) {
            for (Path blob : blobs.filter(path -> path.toFile().length() < 2000).toList()) {
                Files.writeString(blob, Files.readString(blob).replace("application", "applicatioN"));
            }
        }
        thenThrownBy(() -> thaw.start(VmSpec.of("oci:" + copy)))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("sha256:");
    }

    @Test
    void an_entrypoint_that_is_not_in_the_image() {
        thenThrownBy(() -> thaw.start(Specs.busybox("no-such-program", "-x")))
                .isInstanceOf(BakeException.class)
                .hasMessageContaining("no-such-program")
                .hasMessageContaining("errno 2")
                .hasMessageContaining("Check entrypoint, command, user and working directory")
                .extracting(e -> ((BakeException) e).phase())
                .isEqualTo(BakeException.Phase.START);
    }

    @Test
    void an_entrypoint_that_exits_at_once_shows_its_log() {
        thenThrownBy(() -> thaw.start(Specs.script("echo 'no configuration given' >&2; exit 7")
                        .port(80)))
                .isInstanceOf(NotReadyException.class)
                .hasMessageContaining("exited with status 7 before it was ready")
                .hasMessageContaining("no configuration given");
    }

    @Test
    void a_service_that_never_gets_ready_says_what_was_waited_for_and_its_last_words() {
        VmSpec spec = Specs.script("echo 'still warming up'; sleep 1000")
                .port(80)
                .waitFor(Wait.port(80))
                .bakeTimeout(Duration.ofSeconds(12));
        thenThrownBy(() -> thaw.start(spec))
                .isInstanceOf(NotReadyException.class)
                .hasMessageContaining("did not get ready within 12 s")
                .hasMessageContaining("the ports [80] to be listening in the guest (listening are [])")
                .hasMessageContaining("raise the timeout")
                .hasMessageContaining("still warming up");
    }

    @Test
    void a_port_that_the_service_closes_after_the_thaw() {
        // GIVEN a service that stops listening as soon as it sees that time has jumped
        VmSpec spec = Specs.script("nc -ll -p 7003 -e cat & last=$(date +%s%N | cut -c1-19);"
                        + " while true; do sleep 0.05; [ \"$(hostname)\" = \"$name\" ] || { [ -z \"$name\" ] || kill %1; };"
                        + " name=$(hostname); done")
                .port(7003)
                .readyTimeout(Duration.ofSeconds(3));
        thaw.bake(spec);
        // WHEN THEN it may be caught at once or, if it was quick, by the first connection
        thenThrownBy(() -> {
                    try (Vm vm = thaw.start(spec)) {
                        then(vm.exec("sleep", "1").exitCode()).isZero();
                        try (Socket client = new Socket(
                                vm.port(7003).getAddress(), vm.port(7003).getPort())) {
                            client.setSoTimeout(5000);
                            if (client.getInputStream().read() < 0) {
                                throw new IOException("closed");
                            }
                        }
                    }
                })
                .isInstanceOfAny(NotReadyException.class, IOException.class);
    }

    @Test
    void too_little_memory_for_the_service_is_named_as_the_cause() {
        VmSpec spec = Specs.script("echo eating; tail /dev/zero; exit 1")
                .port(80)
                .waitFor(Wait.port(80))
                .bakeTimeout(Duration.ofSeconds(60));
        thenThrownBy(() -> thaw.start(spec))
                .isInstanceOf(NotReadyException.class)
                .hasMessageContaining("the guest ran out of memory");
    }

    @Test
    void more_memory_than_the_machine_has() {
        thenThrownBy(() -> thaw.start(Specs.web().memory("64g")))
                .isInstanceOf(BakeException.class)
                .hasMessageContaining("The spec asks for 65536 MiB of memory, and this machine has");
    }

    @Test
    void no_qemu() {
        thenThrownBy(() -> Thaw.open(with(config.kernel(), Optional.of("/no/such/qemu"))))
                .isInstanceOf(EngineUnavailableException.class)
                .hasMessageContaining("qemu engine unavailable: /no/such/qemu (from thaw.qemu)")
                .hasMessageContaining("Install it");
    }

    @Test
    void a_qemu_that_is_too_old() throws IOException {
        Path old = script("echo 'QEMU emulator version 5.1.0 (Debian)'");
        thenThrownBy(() -> Thaw.open(with(config.kernel(), Optional.of(old.toString()))))
                .isInstanceOf(EngineUnavailableException.class)
                .hasMessageContaining(old + " is QEMU 5.1.0, and Thaw needs 7.2.0 or newer");
    }

    @Test
    void a_qemu_that_is_none() throws IOException {
        Path other = script("echo hello");
        thenThrownBy(() -> Thaw.open(with(config.kernel(), Optional.of(other.toString()))))
                .isInstanceOf(EngineUnavailableException.class)
                .hasMessageContaining("says 'hello', which is no QEMU version");
    }

    @Test
    void a_qemu_that_ends_at_once_is_quoted() throws IOException {
        // GIVEN a QEMU that knows its version and nothing else
        Path broken = script(
                "[ \"$1\" = --version ] && echo 'QEMU emulator version 9.9.9' && exit; echo 'no such machine' >&2; exit 1");
        ThawConfig withBroken = new ThawConfig(
                config.home(),
                "auto",
                ThawConfig.Accel.TCG,
                config.kernel(),
                Optional.of(broken.toString()),
                config.autoDedup(),
                config.cache(),
                config.registries());
        try (Thaw other = Thaw.open(withBroken)) {
            thenThrownBy(() -> other.start(Specs.web()))
                    .isInstanceOf(BakeException.class)
                    .hasMessageContaining("QEMU ended with status 1")
                    .hasMessageContaining("no such machine");
        }
    }

    @Test
    void no_kernel() {
        thenThrownBy(() -> Thaw.open(with(Optional.of(folder.resolve("vmlinuz")), Optional.empty())))
                .isInstanceOf(EngineUnavailableException.class)
                .hasMessageContaining(folder.resolve("vmlinuz").toString());
    }

    private Path script(String text) throws IOException {
        Path file = folder.resolve("qemu-script");
        Files.writeString(file, "#!/bin/sh\n" + text + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file;
    }
}

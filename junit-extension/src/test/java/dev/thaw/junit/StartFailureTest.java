// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thaw.vm.BakeException;
import dev.thaw.vm.EngineUnavailableException;
import dev.thaw.vm.GuestException;
import dev.thaw.vm.ImageException;
import dev.thaw.vm.Thaw;
import dev.thaw.vm.Vm;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

class StartFailureTest {

    @MicroVm(image = "oci:target/no-such-image")
    static class WithoutImage {
        @Test
        void is_not_run() {}
    }

    @MicroVm(image = "oci:target/no-such-image")
    @TestInstance(Lifecycle.PER_CLASS)
    static class WithoutImageInTheConstructor {
        WithoutImageInTheConstructor(Vm vm) {
            throw new AssertionError(vm);
        }

        @Test
        void is_not_run() {}
    }

    @MicroVm(image = WebServer.IMAGE, memory = WebServer.MEMORY, command = "no-such-program")
    static class WithoutProgram {
        @Test
        void is_not_run() {}
    }

    @WebServer
    static class Sound {
        @Test
        void is_not_run() {}
    }

    @WebServer
    static class SoundToo {
        @Test
        void is_not_run() {}
    }

    @MicroVm(
            name = "web",
            image = WebServer.IMAGE,
            ports = 8080,
            memory = WebServer.MEMORY,
            command = {"sh", "-c", WebServer.SCRIPT})
    @MicroVm(name = "missing", image = "oci:target/no-such-image")
    static class SecondMissing {}

    @Test
    void an_image_that_does_not_exist_fails_the_class_with_the_runtime_s_own_exception() {
        assertThat(Run.of(WithoutImage.class).failure())
                .isExactlyInstanceOf(ImageException.class)
                .hasMessageContaining("no-such-image");
    }

    @Test
    void so_it_does_where_the_constructor_wants_the_vm() {
        assertThat(Run.of(WithoutImageInTheConstructor.class).failure())
                .isExactlyInstanceOf(ImageException.class)
                .hasMessageContaining("no-such-image");
    }

    @Test
    void a_bake_that_fails_does_so_with_the_runtime_s_own_exception() {
        assertThat(Run.of(WithoutProgram.class).failure())
                .isExactlyInstanceOf(BakeException.class)
                .hasMessageContaining("no-such-program");
    }

    @Test
    void settings_are_read_from_junit_s_configuration_and_each_class_fails_with_an_exception_of_its_own() {
        Run run = Run.of(Map.of("thaw.qemu", "/no/such/qemu"), Sound.class, SoundToo.class);

        assertThat(run.failures())
                .hasSize(2)
                .doesNotHaveDuplicates()
                .allSatisfy(failure -> assertThat(failure)
                        .isExactlyInstanceOf(EngineUnavailableException.class)
                        .hasMessageContaining("/no/such/qemu"));
        assertThat(run.failures().get(1))
                .hasMessage("qemu engine unavailable: an earlier class of this run has found it so. "
                        + run.failures().get(0).getMessage())
                .hasCause(run.failures().get(0));
    }

    @Test
    void a_vm_that_was_started_before_the_failure_is_closed() {
        List<Vm> started = new ArrayList<>();
        try (Thaw thaw = Thaw.open()) {
            assertThatThrownBy(() -> ClassVms.start(SecondMissing.class, Optional.empty(), false, spec -> {
                        Vm vm = thaw.start(spec);
                        started.add(vm);
                        return vm;
                    }))
                    .isExactlyInstanceOf(ImageException.class);

            assertThat(started).hasSize(1);
            assertThatThrownBy(() -> started.get(0).exec("true")).isInstanceOf(GuestException.class);
        }
    }
}

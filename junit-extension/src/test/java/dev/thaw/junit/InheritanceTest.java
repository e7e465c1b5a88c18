// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.vm.Vm;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;

class InheritanceTest {

    @WebServer
    abstract static class Base {
        @Port
        private int port;

        @Guest
        static Vm vm;

        @Test
        void the_superclass_is_wired(Vm parameter, TestReporter reporter) {
            assertThat(port).isEqualTo(vm.port(8080).getPort());
            assertThat(parameter).isSameAs(vm);
            reporter.publishEntry("vm", vm.id());
        }

        @Nested
        class Inside {
            @Test
            void and_so_is_its_nested_class(Vm parameter) {
                assertThat(parameter).isSameAs(vm);
            }
        }
    }

    static class First extends Base {}

    static class Second extends Base {}

    @WebServer
    interface WithServer {}

    static class Implementing implements WithServer {
        @Test
        void the_interface_gives_a_vm(@Port int port) {
            assertThat(port).isPositive();
        }
    }

    @MicroVm(
            name = "base",
            image = WebServer.IMAGE,
            ports = 8080,
            memory = WebServer.MEMORY,
            command = {"sh", "-c", WebServer.SCRIPT})
    static class NamedBase {}

    @MicroVm(
            name = "more",
            image = WebServer.IMAGE,
            ports = 8080,
            memory = WebServer.MEMORY,
            command = {"sh", "-c", WebServer.SCRIPT})
    static class Adding extends NamedBase {
        @Test
        void the_superclass_s_vm_comes_first(@Guest("base") Vm base, @Guest("more") Vm more, TestReporter reporter) {
            reporter.publishEntry("vm", base.name());
            reporter.publishEntry("vm", more.name());
        }
    }

    @Test
    void each_subclass_has_a_copy_of_its_own() {
        Run run = Run.of(First.class, Second.class);

        assertThat(run.failures()).isEmpty();
        assertThat(run.succeededTests()).isEqualTo(4);
        List<String> vms = run.journal();
        assertThat(vms).hasSize(2).doesNotHaveDuplicates();
    }

    @Test
    void interfaces_count() {
        Run run = Run.of(Implementing.class);

        assertThat(run.failures()).isEmpty();
        assertThat(run.succeededTests()).isEqualTo(1);
    }

    @Test
    void a_subclass_adds_to_what_it_inherits() {
        Run run = Run.of(Adding.class);

        assertThat(run.failures()).isEmpty();
        assertThat(run.journal()).containsExactly("vm=base", "vm=more");
    }
}

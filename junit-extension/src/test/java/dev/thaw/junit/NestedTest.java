// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.vm.Vm;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

@MicroVm(
        name = "outer",
        image = WebServer.IMAGE,
        ports = 8080,
        memory = WebServer.MEMORY,
        command = {"sh", "-c", WebServer.SCRIPT})
class NestedTest {
    @Guest
    static Vm shared;

    @Port
    int port;

    @BeforeEach
    void the_outer_class_means_its_only_vm(Vm vm) {
        assertThat(vm).isSameAs(shared);
    }

    @Nested
    class Inner {
        @Port
        int innerPort;

        @Test
        void has_the_vm_of_the_class_around_it(Vm vm) {
            assertThat(vm).isSameAs(shared);
            assertThat(innerPort).isEqualTo(port).isPositive();
        }

        @Nested
        class Innermost {
            @Test
            void has_it_too(@Port int parameter) {
                assertThat(parameter).isEqualTo(innerPort).isEqualTo(port);
            }
        }
    }

    @Nested
    @TestInstance(Lifecycle.PER_CLASS)
    class InnerWithOneInstance {
        private final Vm vm;

        InnerWithOneInstance(Vm vm) {
            this.vm = vm;
        }

        @Test
        void has_it_too() {
            assertThat(vm).isSameAs(shared);
        }
    }

    @Nested
    @MicroVm(
            name = "inner",
            image = WebServer.IMAGE,
            ports = 8080,
            memory = WebServer.MEMORY,
            command = {"sh", "-c", WebServer.SCRIPT})
    class InnerWithItsOwn {
        @Guest("inner")
        Vm own;

        @Guest("outer")
        Vm around;

        @Test
        void has_both(@Port(vm = "inner") int ownPort, @Port(vm = "outer") int portAround) {
            assertThat(own).isNotSameAs(shared);
            assertThat(around).isSameAs(shared);
            assertThat(portAround).isEqualTo(port);
            assertThat(ownPort).isEqualTo(own.port(8080).getPort()).isNotEqualTo(port);
        }
    }

    static class WithoutAnnotation {
        @Nested
        @WebServer
        class Inside {
            @Test
            void has_its_own(Vm vm) {
                assertThat(vm.exec("true").exitCode()).isZero();
            }
        }
    }

    @Test
    void a_nested_class_has_vms_where_the_class_around_it_has_none() {
        assertThat(Run.of(WithoutAnnotation.class).succeededTests()).isEqualTo(1);
    }
}

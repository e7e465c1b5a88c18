// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.vm.Vm;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

@WebServer
@TestInstance(Lifecycle.PER_CLASS)
class PerClassTest {
    private final Vm given;

    @Guest
    Vm vm;

    @Port
    static int port;

    PerClassTest(Vm given, @Port int port) {
        this.given = given;
        assertThat(PerClassTest.port).as("static field in the constructor").isEqualTo(port);
    }

    @BeforeAll
    void fields_are_set_before_all() {
        assertThat(vm).isNotNull().isSameAs(given);
    }

    @Test
    void the_vm_runs() {
        assertThat(vm.exec("true").exitCode()).isZero();
    }

    @Nested
    @TestInstance(Lifecycle.PER_METHOD)
    class Inner {
        @Guest
        Vm inner;

        @Test
        void has_the_same() {
            assertThat(inner).isSameAs(vm);
        }
    }

    @AfterAll
    void the_vm_still_runs_after_all() {
        assertThat(vm.exec("true").exitCode()).isZero();
    }
}

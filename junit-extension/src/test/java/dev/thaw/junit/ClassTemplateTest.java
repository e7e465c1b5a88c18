// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.vm.Vm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

class ClassTemplateTest {

    @WebServer
    @ParameterizedClass
    @ValueSource(strings = {"a", "b"})
    static class Invoked {
        private final String name;

        @Guest
        Vm vm;

        Invoked(String name) {
            this.name = name;
        }

        @Test
        void has_the_vm(Vm parameter, TestReporter reporter) {
            assertThat(parameter).isSameAs(vm);
            reporter.publishEntry(name, vm.id());
        }
    }

    @Test
    void the_invocations_of_a_parameterized_class_share_its_vm_as_they_share_before_all() {
        Run run = Run.of(Invoked.class);

        assertThat(run.failures()).isEmpty();
        assertThat(run.entries()).hasSize(2);
        assertThat(run.entries().get(0).get("a"))
                .isNotNull()
                .isEqualTo(run.entries().get(1).get("b"));
    }
}

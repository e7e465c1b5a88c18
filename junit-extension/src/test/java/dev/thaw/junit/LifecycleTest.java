// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.thaw.vm.GuestException;
import dev.thaw.vm.Vm;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.extension.ExtendWith;

class LifecycleTest {

    @WebServer
    @TestMethodOrder(MethodOrderer.MethodName.class)
    @ExtendWith(Journal.Resolver.class)
    static class First {
        @BeforeAll
        static void beforeAll(Vm vm, Journal journal, TestReporter reporter) {
            journal.put("vm", vm);
            report("before all", vm, reporter);
        }

        First(Vm vm, TestReporter reporter) {
            report("constructor", vm, reporter);
        }

        @BeforeEach
        void beforeEach(Vm vm, TestReporter reporter) {
            report("before each", vm, reporter);
        }

        @Test
        void one(Vm vm, TestInfo test, TestReporter reporter) {
            vm.exec("touch", "/tmp/made-by-one");
            report(test.getDisplayName(), vm, reporter);
        }

        @Test
        void two(Vm vm, TestInfo test, TestReporter reporter) {
            assertThat(vm.exec("ls", "/tmp/made-by-one").exitCode()).isZero();
            report(test.getDisplayName(), vm, reporter);
        }

        @AfterEach
        void afterEach(Vm vm, TestReporter reporter) {
            report("after each", vm, reporter);
        }

        @AfterAll
        static void afterAll(Vm vm, TestReporter reporter) {
            report("after all", vm, reporter);
        }

        /** Says what ran on which VM, and that the VM ran then. */
        private static void report(String what, Vm vm, TestReporter reporter) {
            assertThat(vm.exec("true").exitCode()).isZero();
            reporter.publishEntry(what, vm.id());
        }
    }

    @WebServer
    @ExtendWith(Journal.Resolver.class)
    static class Second {
        @Test
        void has_another_vm_and_the_first_is_closed(Vm vm, Journal journal) {
            Vm before = (Vm) journal.get("vm");
            assertThat(vm.id()).isNotEqualTo(before.id());
            assertThat(vm.exec("ls", "/tmp/made-by-one").exitCode()).isNotZero();
            assertThatThrownBy(() -> before.exec("true")).isInstanceOf(GuestException.class);
        }
    }

    @Test
    void a_vm_lives_from_before_all_until_after_all() {
        Run run = Run.of(First.class);

        assertThat(run.failures()).isEmpty();
        assertThat(run.journal().stream().map(entry -> entry.substring(0, entry.indexOf('='))))
                .containsExactly(
                        "before all",
                        "constructor",
                        "before each",
                        "one(Vm, TestInfo, TestReporter)",
                        "after each",
                        "constructor",
                        "before each",
                        "two(Vm, TestInfo, TestReporter)",
                        "after each",
                        "after all");
        assertThat(run.journal().stream().map(entry -> entry.substring(entry.indexOf('='))))
                .as("the same VM all the time")
                .containsOnly(run.journal().get(0).substring("before all".length()));
    }

    @Test
    void each_class_has_a_fresh_vm_and_the_one_before_is_closed() {
        Run run = Run.of(First.class, Second.class);

        assertThat(run.failures()).isEmpty();
        assertThat(run.succeededTests()).isEqualTo(3);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.vm.Vm;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.extension.ExtendWith;

class ParallelTest {

    @WebServer
    @ExtendWith(Journal.Resolver.class)
    abstract static class Together {
        @Guest
        Vm vm;

        @Test
        void has_a_vm_of_its_own_while_the_others_run(Journal journal, TestReporter reporter) throws Exception {
            journal.together.await(1, TimeUnit.MINUTES);
            assertThat(vm.exec("mkdir", "/tmp/mine").exitCode()).isZero();
            reporter.publishEntry("vm", vm.id());
            journal.together.await(1, TimeUnit.MINUTES);
        }
    }

    static class A extends Together {}

    static class B extends Together {}

    static class C extends Together {}

    @Test
    void classes_run_at_the_same_time() {
        Run run = Run.parallel(A.class, B.class, C.class);

        assertThat(run.failures()).isEmpty();
        assertThat(run.journal()).hasSize(Journal.PARTIES).doesNotHaveDuplicates();
    }
}

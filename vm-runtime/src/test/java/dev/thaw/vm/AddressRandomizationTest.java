// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.vm.testing.Specs;
import org.junit.jupiter.api.Test;

class AddressRandomizationTest {
    @Test
    void programs_have_their_stack_at_the_same_place_unless_the_spec_wants_it_otherwise() {
        try (Thaw thaw = Thaw.open();
                Vm alike = thaw.start(Specs.web());
                Vm random = thaw.start(Specs.web().addressRandomization(true))) {
            then(stack(alike)).isEqualTo(stack(alike));
            then(stack(random)).isNotEqualTo(stack(random));
            then(Specs.web().addressRandomization()).isFalse();
        }
    }

    private static String stack(Vm vm) {
        String stack = vm.exec("grep", "stack", "/proc/self/maps").stdout();
        then(stack).contains("[stack]");
        return stack;
    }
}

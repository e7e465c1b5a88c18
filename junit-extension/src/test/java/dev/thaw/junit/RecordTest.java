// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.vm.Vm;
import org.junit.jupiter.api.Test;

@WebServer
record RecordTest(@Port int port, @Guest Vm vm) {

    @Test
    void components_are_wired_through_the_constructor() {
        assertThat(port).isEqualTo(vm.port(8080).getPort());
    }
}

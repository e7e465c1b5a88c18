// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.vm.Vm;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

@MicroVm(
        name = "left",
        image = WebServer.IMAGE,
        ports = 8080,
        memory = WebServer.MEMORY,
        command = {"sh", "-c", WebServer.SCRIPT})
@MicroVm(
        name = "right",
        image = WebServer.IMAGE,
        ports = 8080,
        memory = WebServer.MEMORY,
        command = {"sh", "-c", WebServer.SCRIPT})
class SeveralVmsTest {
    @Guest("left")
    Vm left;

    @Guest("right")
    Vm right;

    @Port(vm = "right")
    InetSocketAddress toRight;

    @Test
    void each_vm_is_reached_by_its_name(@Port(value = 8080, vm = "left") int toLeft, @Guest("left") Vm parameter) {
        assertThat(left.name()).isEqualTo("left");
        assertThat(right.name()).isEqualTo("right");
        assertThat(left.port(8080).getPort()).isEqualTo(toLeft);
        assertThat(right.port(8080)).isEqualTo(toRight);
        assertThat(toRight.getPort()).isNotEqualTo(toLeft);
        assertThat(parameter).isSameAs(left);
    }

    @Test
    void they_share_nothing() {
        left.exec("sh", "-c", "echo mine > /tmp/note");

        assertThat(left.exec("cat", "/tmp/note").stdout()).isEqualTo("mine\n");
        assertThat(right.exec("cat", "/tmp/note").exitCode()).isNotZero();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.vm.Vm;
import dev.thaw.vm.VmSpec;
import dev.thaw.vm.Wait;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@MicroVm(
        name = "all-of-it",
        image = WebServer.IMAGE,
        ports = {8080, 8081},
        env = {"GREETING=a=b c", "EMPTY="},
        entrypoint = {"sh", "-c"},
        command = {SpecTest.SCRIPT},
        user = "nobody:nogroup",
        memory = "96m",
        disk = "64m",
        cpus = 2,
        addressRandomization = true,
        waitFor = {
            @WaitFor(log = "^line", times = 2),
            @WaitFor(port = 8080),
            @WaitFor(http = "/passwd"),
            @WaitFor(http = "/missing", port = 8081, status = 404),
            @WaitFor(exec = {"test", "-e", "/etc/passwd"})
        },
        bakeTimeout = "2m",
        readyTimeout = "20s")
class SpecTest {
    static final String SCRIPT =
            "echo line 1; echo line 2; httpd -f -p 8081 -h /etc & exec httpd -f -v -p 8080 -h /etc";

    @Guest
    Vm vm;

    @Test
    void every_attribute_is_in_the_spec() {
        assertThat(vm.spec())
                .isEqualTo(VmSpec.of("oci:../examples/target/images/busybox")
                        .name("all-of-it")
                        .port(8080, 8081)
                        .env("GREETING", "a=b c")
                        .env("EMPTY", "")
                        .entrypoint("sh", "-c")
                        .command(SCRIPT)
                        .user("nobody:nogroup")
                        .memory("96m")
                        .disk("64m")
                        .cpus(2)
                        .addressRandomization(true)
                        .waitFor(
                                Wait.log("^line").times(2),
                                Wait.port(8080),
                                Wait.http("/passwd"),
                                Wait.http("/missing").port(8081).status(404),
                                Wait.exec("test", "-e", "/etc/passwd"))
                        .bakeTimeout(Duration.ofMinutes(2))
                        .readyTimeout(Duration.ofSeconds(20)));
    }

    @Test
    void the_service_runs_as_the_spec_says(@Port(8080) InetSocketAddress first, @Port(8081) InetSocketAddress second)
            throws IOException {
        assertThat(vm.exec("sh", "-c", "id -u; nproc; echo \"$GREETING\"").stdout())
                .isEqualTo("65534\n2\na=b c\n");
        assertThat(Http.get(first.getHostString(), first.getPort(), "/passwd")).startsWith("root:");
        assertThat(Http.get(second.getHostString(), second.getPort(), "/passwd"))
                .startsWith("root:");
    }
}

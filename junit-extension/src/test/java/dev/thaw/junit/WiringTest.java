// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.vm.Vm;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@WebServer
class WiringTest {
    @Port(8080)
    static int staticNumber;

    @Guest
    private static Vm staticVm;

    private static int numberBeforeAll;

    @Port
    private int number;

    @Port(8080)
    Integer boxed;

    @Port(8080)
    InetSocketAddress address;

    @Port(value = 8080, uri = "http://{host}:{port}/passwd")
    URI uri;

    @Port
    private URI plainUri;

    @Port(uri = "http://{host}:{port}/passwd")
    URL url;

    @Port
    URL plainUrl;

    @Port(uri = "jdbc:http://{host}:{port}/a?p={port}")
    String template;

    @Port
    String hostAndPort;

    @Guest
    private Vm vm;

    private final int numberInConstructor;
    private final String vmInConstructor;

    WiringTest(@Port int number, Vm vm) {
        this.numberInConstructor = number;
        this.vmInConstructor = vm.id();
    }

    @BeforeAll
    static void static_fields_are_set_before_all(@Port(8080) int parameter) {
        assertThat(staticNumber).isEqualTo(parameter).isPositive();
        numberBeforeAll = staticNumber;
    }

    @BeforeEach
    void instance_fields_are_set_before_each(@Guest Vm parameter) {
        assertThat(vm).isSameAs(parameter).isSameAs(staticVm);
    }

    @AfterEach
    void the_vm_still_runs_after_each(Vm parameter) {
        assertThat(parameter.exec("true").exitCode()).isZero();
    }

    @Test
    void a_field_has_the_port_in_each_of_the_types() {
        assertThat(number).isEqualTo(vm.port(8080).getPort()).isEqualTo(numberBeforeAll);
        assertThat(boxed).isEqualTo(number);
        assertThat(address.getAddress().getHostAddress()).isEqualTo("127.0.0.1");
        assertThat(address.getPort()).isEqualTo(number);
        assertThat(uri).isEqualTo(URI.create("http://127.0.0.1:" + number + "/passwd"));
        assertThat(plainUri).isEqualTo(URI.create("tcp://127.0.0.1:" + number));
        assertThat(url).hasToString("http://127.0.0.1:" + number + "/passwd");
        assertThat(plainUrl).hasToString("http://127.0.0.1:" + number);
        assertThat(template).isEqualTo("jdbc:http://127.0.0.1:" + number + "/a?p=" + number);
        assertThat(hostAndPort).isEqualTo("127.0.0.1:" + number);
    }

    @Test
    void a_parameter_has_the_port_in_each_of_the_types(
            @Port(8080) int number,
            @Port Integer boxed,
            @Port InetSocketAddress address,
            @Port(uri = "http://{host}:{port}/passwd") URI uri,
            @Port String hostAndPort) {
        assertThat(number).isEqualTo(this.number);
        assertThat(boxed).isEqualTo(number);
        assertThat(address).isEqualTo(this.address);
        assertThat(uri).isEqualTo(this.uri);
        assertThat(hostAndPort).isEqualTo(this.hostAndPort);
    }

    @Test
    void a_constructor_has_parameters_too() {
        assertThat(numberInConstructor).isEqualTo(number);
        assertThat(vmInConstructor).isEqualTo(vm.id());
    }

    @ParameterizedTest
    @ValueSource(strings = "root:")
    void parameters_go_with_those_of_a_parameterized_test(String start, @Port URI address) throws IOException {
        assertThat(Http.get(address.getHost(), address.getPort(), "/passwd")).startsWith(start);
    }

    @Test
    void the_port_leads_to_the_service() throws IOException {
        assertThat(Http.get(uri)).startsWith("root:");
    }

    @Test
    void the_vm_is_made_from_the_annotation() {
        assertThat(vm.spec().image()).isEqualTo(WebServer.IMAGE);
        assertThat(vm.spec().memoryBytes()).isEqualTo(128L << 20);
        assertThat(vm.name()).isEqualTo("busybox");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.thaw.vm.Vm;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** No image of these exists, so anything that started would fail with another exception. */
class MisuseTest {
    private static final String HERE = MisuseTest.class.getName();

    /** What each of these classes has to have for JUnit to run it. */
    abstract static class Mistaken {
        @Test
        void is_not_run() {}
    }

    @Retention(RetentionPolicy.RUNTIME)
    @MicroVm(name = "redis", image = "oci:none", ports = 6379)
    @MicroVm(name = "db", image = "oci:none", ports = 5432)
    @interface Two {}

    @Retention(RetentionPolicy.RUNTIME)
    @MicroVm(image = "oci:none", ports = 6379)
    @interface One {}

    @One
    static class FinalField extends Mistaken {
        @Port
        final int port = 0;
    }

    @One
    static class WrongPortType extends Mistaken {
        @Port
        long port;
    }

    @One
    static class PortForVm extends Mistaken {
        @Port
        Vm vm;
    }

    @One
    static class GuestForInt extends Mistaken {
        @Guest
        int vm;
    }

    @One
    static class Both extends Mistaken {
        @Port
        @Guest
        Vm vm;
    }

    @One
    static class OtherPort extends Mistaken {
        @Port(6380)
        int port;
    }

    @One
    static class NameWithoutNames extends Mistaken {
        @Port(value = 6379, vm = "redis")
        int port;
    }

    @Two
    static class UnknownName extends Mistaken {
        @Port(value = 6379, vm = "redsi")
        int port;
    }

    @Two
    static class UnknownGuest extends Mistaken {
        @Guest("redsi")
        Vm vm;
    }

    @Two
    static class UnnamedPort extends Mistaken {
        @Port(6379)
        int port;
    }

    @Two
    static class UnnamedGuest extends Mistaken {
        @Guest
        Vm vm;
    }

    @Two
    static class UnnamedVmParameter extends Mistaken {
        @BeforeEach
        void setUp(Vm vm) {}
    }

    @Two
    static class UnnamedConstructorParameter extends Mistaken {
        UnnamedConstructorParameter(String other, @Port int port) {}
    }

    @Two
    static class PortOfTheOther extends Mistaken {
        @Port(value = 6379, vm = "db")
        int port;
    }

    @MicroVm(image = "oci:none")
    static class PortOfTheImage extends Mistaken {
        @Port
        int port;
    }

    @MicroVm(
            image = "oci:none",
            ports = {80, 443})
    static class WhichPort extends Mistaken {
        @Port
        int port;
    }

    @One
    static class TemplateForInt extends Mistaken {
        @Port(uri = "redis://{host}:{port}")
        int port;
    }

    @One
    static class TemplateForAddress extends Mistaken {
        @Port(uri = "redis://{host}:{port}")
        InetSocketAddress address;
    }

    @One
    static class TemplateWithoutPort extends Mistaken {
        @Port(uri = "redis://{host}")
        String uri;
    }

    @One
    static class TemplateWithTypo extends Mistaken {
        @Port(uri = "redis://{hots}:{port}")
        String uri;
    }

    @One
    static class TemplateThatIsNoUri extends Mistaken {
        @Port(uri = "redis at {host}:{port}")
        URI uri;
    }

    static Stream<Arguments> fields_and_parameters() {
        return Stream.of(
                arguments(
                        FinalField.class,
                        "Field 'port' of %s is final and can't be set. Write int port without final."),
                arguments(
                        WrongPortType.class,
                        "Field 'port' of %s: a long can't hold a port. Write int, InetSocketAddress, URI or String as its type."),
                arguments(PortForVm.class, "Field 'vm' of %s is a Vm, which @Port can't be for. Write @Guest Vm."),
                arguments(GuestForInt.class, "Field 'vm' of %s is a int, which @Guest can't be for. Write @Guest Vm."),
                arguments(Both.class, "Field 'vm' of %s has both @Port and @Guest. Write one of them."),
                arguments(
                        OtherPort.class,
                        "Field 'port' of %s means port 6380, but the VM has [6379]. Write @Port(6379), or add 6380 to the ports of @MicroVm."),
                arguments(
                        NameWithoutNames.class,
                        "Field 'port' of %s means a VM 'redis', which does not exist. Write @Port(6379), as the only VM has no name."),
                arguments(
                        UnknownName.class,
                        "Field 'port' of %s means a VM 'redsi', which does not exist. Write @Port(value = 6379, vm = \"redis\") or @Port(value = 6379, vm = \"db\")."),
                arguments(
                        UnknownGuest.class,
                        "Field 'vm' of %s means a VM 'redsi', which does not exist. Write @Guest(\"redis\") or @Guest(\"db\")."),
                arguments(
                        UnnamedPort.class,
                        "Field 'port' of %s has to say which VM it means, as there are 2. Write @Port(value = 6379, vm = \"redis\") or @Port(value = 6379, vm = \"db\")."),
                arguments(
                        UnnamedGuest.class,
                        "Field 'vm' of %s has to say which VM it means, as there are 2. Write @Guest(\"redis\") or @Guest(\"db\")."),
                arguments(
                        UnnamedVmParameter.class,
                        "Parameter 1 (Vm) of %s.setUp has to say which VM it means, as there are 2. Write @Guest(\"redis\") or @Guest(\"db\")."),
                arguments(
                        UnnamedConstructorParameter.class,
                        "Parameter 2 (int) of the constructor of %s has to say which VM it means, as there are 2. Write @Port(vm = \"redis\") or @Port(vm = \"db\")."),
                arguments(
                        PortOfTheOther.class,
                        "Field 'port' of %s means port 6379, but the VM 'db' has [5432]. Write @Port(value = 5432, vm = \"db\"), or add 6379 to the ports of @MicroVm."),
                arguments(
                        PortOfTheImage.class,
                        "Field 'port' of %s has to say which port it means, as the VM names none and has the image's. Write @Port(8080) with the number in place of 8080."),
                arguments(
                        WhichPort.class,
                        "Field 'port' of %s has to say which port it means, as the VM has [80, 443]. Write @Port(80)."),
                arguments(
                        TemplateForInt.class,
                        "Field 'port' of %s: uri is for URI and String only. Leave it out, or write String instead of int."),
                arguments(
                        TemplateForAddress.class,
                        "Field 'address' of %s: uri is for URI and String only. Leave it out, or write String instead of InetSocketAddress."),
                arguments(
                        TemplateWithoutPort.class,
                        "Field 'uri' of %s: uri \"redis://{host}\" has no place for the port. Write uri = \"redis://{host}:{port}\", for example."),
                arguments(
                        TemplateWithTypo.class,
                        "Field 'uri' of %s: uri \"redis://{hots}:{port}\" has the unknown placeholder {hots}. There are {host} and {port}."),
                arguments(
                        TemplateThatIsNoUri.class,
                        "Field 'uri' of %s: uri \"redis at {host}:{port}\" gives no URI: Illegal character in scheme name at index 5: redis at 127.0.0.1:1."));
    }

    @MicroVm(image = "oci:none", env = "POSTGRES_PASSWORD")
    static class EnvWithoutValue extends Mistaken {}

    @MicroVm(image = "oci:none", env = "=value")
    static class EnvWithoutName extends Mistaken {}

    @MicroVm(
            image = "oci:none",
            env = {"A=1", "A=2"})
    static class EnvTwice extends Mistaken {}

    @MicroVm(image = " ")
    static class NoImage extends Mistaken {}

    @MicroVm(image = "oci:none", memory = "lots")
    static class NoSize extends Mistaken {}

    @MicroVm(image = "oci:none", ports = 70000)
    static class NoPort extends Mistaken {}

    @MicroVm(image = "oci:none", bakeTimeout = "90")
    static class NoDuration extends Mistaken {}

    @MicroVm(image = "oci:none", readyTimeout = "0s")
    static class NoTime extends Mistaken {}

    @MicroVm(image = "oci:none", waitFor = @WaitFor)
    static class EmptyWait extends Mistaken {}

    @MicroVm(image = "oci:none", waitFor = @WaitFor(log = "ready", exec = "true"))
    static class TwoWaits extends Mistaken {}

    @MicroVm(image = "oci:none", waitFor = @WaitFor(port = 8080, times = 2))
    static class TimesOfPort extends Mistaken {}

    @MicroVm(image = "oci:none", waitFor = @WaitFor(log = "ready", status = 204))
    static class StatusOfLog extends Mistaken {}

    @MicroVm(image = "oci:none", waitFor = @WaitFor(log = "(ready"))
    static class NoRegex extends Mistaken {}

    @MicroVm(name = "redis", image = "oci:none")
    @MicroVm(name = "redis", image = "oci:other")
    static class SameName extends Mistaken {}

    @MicroVm(name = "redis", image = "oci:none")
    @MicroVm(image = "oci:other")
    static class NameMissing extends Mistaken {}

    static Stream<Arguments> annotations() {
        return Stream.of(
                arguments(
                        EnvWithoutValue.class,
                        "@MicroVm of %s: env \"POSTGRES_PASSWORD\" is no variable and its value. Write env = \"NAME=value\", or env = {\"A=1\", \"B=2\"}."),
                arguments(
                        EnvWithoutName.class,
                        "@MicroVm of %s: env \"=value\" is no variable and its value. Write env = \"NAME=value\", or env = {\"A=1\", \"B=2\"}."),
                arguments(EnvTwice.class, "@MicroVm of %s: env has A twice. Leave one of them."),
                arguments(
                        NoImage.class, "@MicroVm of %s: A VM needs an image, for example \"oci:target/images/redis\"."),
                arguments(
                        NoSize.class,
                        "@MicroVm of %s: Not a size of memory: 'lots'. Write a whole number and a unit, for example \"512m\" or \"2g\"."),
                arguments(NoPort.class, "@MicroVm of %s: A TCP port is between 1 and 65535, not 70000."),
                arguments(
                        NoDuration.class,
                        "@MicroVm of %s: bakeTimeout \"90\" is no duration. Write a whole number and ms, s, m or h: bakeTimeout = \"90s\"."),
                arguments(NoTime.class, "@MicroVm of %s: The ready timeout has to be positive, not PT0S."),
                arguments(
                        EmptyWait.class,
                        "@MicroVm of %s: a @WaitFor has exactly one of port, log, http and exec, and this one has none. Write one for each condition: waitFor = {@WaitFor(port = 8080), @WaitFor(log = \"ready\")}."),
                arguments(
                        TwoWaits.class,
                        "@MicroVm of %s: a @WaitFor has exactly one of port, log, http and exec, and this one has log and exec. Write one for each condition: waitFor = {@WaitFor(port = 8080), @WaitFor(log = \"ready\")}."),
                arguments(
                        TimesOfPort.class,
                        "@MicroVm of %s: a @WaitFor has times with log only, and this one has it with port. Write @WaitFor(log = \"ready\", times = 2)."),
                arguments(
                        StatusOfLog.class,
                        "@MicroVm of %s: a @WaitFor has status with http only, and this one has it with log. Write @WaitFor(http = \"/\", status = 204)."),
                arguments(
                        SameName.class,
                        "%s has two VMs called 'redis'. Give one of them another name: @MicroVm(name = \"redis-2\", image = \"oci:other\")."),
                arguments(
                        NameMissing.class,
                        "%1$s has 2 VMs, so each needs a name, and the one of oci:other (on %1$s) has none. Write @MicroVm(name = \"db\", image = \"oci:other\")."));
    }

    @ParameterizedTest
    @MethodSource({"fields_and_parameters", "annotations"})
    void is_refused_before_anything_starts_with_what_to_write(Class<?> testClass, String message) {
        assertThat(Run.of(testClass).failure())
                .isExactlyInstanceOf(ExtensionConfigurationException.class)
                .hasMessage(message.formatted(testClass.getName()));
    }

    @Test
    void a_regular_expression_that_is_none_is_refused_with_its_cause() {
        assertThat(Run.of(NoRegex.class).failure())
                .isExactlyInstanceOf(ExtensionConfigurationException.class)
                .hasMessageStartingWith("@MicroVm of " + HERE + "$NoRegex: Not a regular expression to wait for: ")
                .hasCauseInstanceOf(IllegalArgumentException.class);
    }

    abstract static class SharingAStaticField {
        @Port
        static int port;

        @Test
        void is_not_run() {}
    }

    @One
    static class Sharing extends SharingAStaticField {}

    @Test
    void a_static_field_that_parallel_classes_would_share_is_refused() {
        assertThat(Run.parallel(Sharing.class).failure())
                .isExactlyInstanceOf(ExtensionConfigurationException.class)
                .hasMessage("Field 'port' of " + HERE + "$SharingAStaticField is static, and " + HERE
                        + "$Sharing runs in parallel with other classes that may share it, each with a VM of its own."
                        + " Write int port without static.");
    }

    @MicroVm(
            image = WebServer.IMAGE,
            memory = WebServer.MEMORY,
            command = {"sh", "-c", WebServer.SCRIPT})
    static class PortThatTheImageLacks {
        @Port(8080)
        int port;

        @Test
        void is_not_run() {}
    }

    @Test
    void a_port_that_neither_annotation_nor_image_gives_is_refused_once_the_image_is_known() {
        assertThat(Run.of(PortThatTheImageLacks.class).failure())
                .isExactlyInstanceOf(ExtensionConfigurationException.class)
                .hasMessageStartingWith("Field 'port' of " + HERE + "$PortThatTheImageLacks: Port 8080 of busybox");
    }
}

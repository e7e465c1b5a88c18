// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.vm.Vm;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URL;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** No image of these exists, so anything that started would fail with another exception. */
class MisuseTest {
    private static final String HERE = MisuseTest.class.getName();

    /** The whole message, with the class's name for %s. */
    @Retention(RetentionPolicy.RUNTIME)
    @interface Says {
        String value();
    }

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

    @Says("Field 'port' of %s is final and can't be set. Write int port without final.")
    @One
    static class FinalField extends Mistaken {
        @Port
        final int port = 0;
    }

    @Says(
            "Field 'port' of %s: type long can't hold a port. Write int, InetSocketAddress, URI, URL or String as its type.")
    @One
    static class WrongPortType extends Mistaken {
        @Port
        long port;
    }

    @Says("Field 'vm' of %s is of type Vm, which @Port can't be for. Write @Guest Vm.")
    @One
    static class PortForVm extends Mistaken {
        @Port
        Vm vm;
    }

    @Says("Field 'vm' of %s is of type int, which @Guest can't be for. Write @Guest Vm.")
    @One
    static class GuestForInt extends Mistaken {
        @Guest
        int vm;
    }

    @Says("Field 'vm' of %s has both @Port and @Guest. Write one of them.")
    @One
    static class Both extends Mistaken {
        @Port
        @Guest
        Vm vm;
    }

    @Says(
            "Field 'port' of %s means port 6380, but the VM has [6379]. Write @Port(6379), or add 6380 to the ports of @MicroVm.")
    @One
    static class OtherPort extends Mistaken {
        @Port(6380)
        int port;
    }

    @Says("Field 'port' of %s means a VM 'redis', which does not exist. Write @Port(6379), as the only VM has no name.")
    @One
    static class NameWithoutNames extends Mistaken {
        @Port(value = 6379, vm = "redis")
        int port;
    }

    @Says(
            "Field 'port' of %s means a VM 'redsi', which does not exist. Write @Port(value = 6379, vm = \"redis\") or @Port(value = 6379, vm = \"db\").")
    @Two
    static class UnknownName extends Mistaken {
        @Port(value = 6379, vm = "redsi")
        int port;
    }

    @Says("Field 'vm' of %s means a VM 'redsi', which does not exist. Write @Guest(\"redis\") or @Guest(\"db\").")
    @Two
    static class UnknownGuest extends Mistaken {
        @Guest("redsi")
        Vm vm;
    }

    @Says(
            "Field 'port' of %s has to say which VM it means, as there are 2. Write @Port(value = 6379, vm = \"redis\") or @Port(value = 6379, vm = \"db\").")
    @Two
    static class UnnamedPort extends Mistaken {
        @Port(6379)
        int port;
    }

    @Says(
            "Field 'uri' of %s has to say which VM it means, as there are 2. Write @Port(vm = \"redis\", uri = \"redis://{host}:{port}\") or @Port(vm = \"db\", uri = \"redis://{host}:{port}\").")
    @Two
    static class UnnamedUri extends Mistaken {
        @Port(uri = "redis://{host}:{port}")
        URI uri;
    }

    @Says("Field 'vm' of %s has to say which VM it means, as there are 2. Write @Guest(\"redis\") or @Guest(\"db\").")
    @Two
    static class UnnamedGuest extends Mistaken {
        @Guest
        Vm vm;
    }

    @Says(
            "Parameter 1 (Vm) of %s.setUp has to say which VM it means, as there are 2. Write @Guest(\"redis\") or @Guest(\"db\").")
    @Two
    static class UnnamedVmParameter extends Mistaken {
        @BeforeEach
        void setUp(Vm vm) {}
    }

    @Says(
            "Parameter 2 (int) of the constructor of %s has to say which VM it means, as there are 2. Write @Port(vm = \"redis\") or @Port(vm = \"db\").")
    @Two
    static class UnnamedConstructorParameter extends Mistaken {
        UnnamedConstructorParameter(String other, @Port int port) {}
    }

    @Says(
            "Field 'port' of %s means port 6379, but the VM 'db' has [5432]. Write @Port(value = 5432, vm = \"db\"), or add 6379 to the ports of @MicroVm.")
    @Two
    static class PortOfTheOther extends Mistaken {
        @Port(value = 6379, vm = "db")
        int port;
    }

    @Says("Field 'port' of %s has to say which port it means, as the VM has [80, 443]. Write @Port(80).")
    @MicroVm(
            image = "oci:none",
            ports = {80, 443})
    static class WhichPort extends Mistaken {
        @Port
        int port;
    }

    @Says("Field 'port' of %s: uri is for URI, URL and String only. Leave it out, or write String instead of int.")
    @One
    static class TemplateForInt extends Mistaken {
        @Port(uri = "redis://{host}:{port}")
        int port;
    }

    @Says(
            "Field 'address' of %s: uri is for URI, URL and String only. Leave it out, or write String instead of InetSocketAddress.")
    @One
    static class TemplateForAddress extends Mistaken {
        @Port(uri = "redis://{host}:{port}")
        InetSocketAddress address;
    }

    @Says(
            "Field 'uri' of %s: uri \"redis://{host}\" has no place for the port. Write uri = \"redis://{host}:{port}\", for example.")
    @One
    static class TemplateWithoutPort extends Mistaken {
        @Port(uri = "redis://{host}")
        String uri;
    }

    @Says(
            "Field 'uri' of %s: uri \"redis://{hots}:{port}\" has the unknown placeholder {hots}. There are {host} and {port}.")
    @One
    static class TemplateWithTypo extends Mistaken {
        @Port(uri = "redis://{hots}:{port}")
        String uri;
    }

    @Says("Field 'url' of %s: uri \"redis://{host}:{port}\" gives no URL: unknown protocol: redis.")
    @One
    static class UrlOfAnUnknownProtocol extends Mistaken {
        @Port(uri = "redis://{host}:{port}")
        URL url;
    }

    @Says(
            "Field 'uri' of %s: uri \"redis at {host}:{port}\" gives no URI: Illegal character in scheme name at index 5: redis at 127.0.0.1:1.")
    @One
    static class TemplateThatIsNoUri extends Mistaken {
        @Port(uri = "redis at {host}:{port}")
        URI uri;
    }

    @Says(
            "@MicroVm of %s: env \"POSTGRES_PASSWORD\" is no variable and its value. Write env = \"NAME=value\", or env = {\"A=1\", \"B=2\"}.")
    @MicroVm(image = "oci:none", env = "POSTGRES_PASSWORD")
    static class EnvWithoutValue extends Mistaken {}

    @Says(
            "@MicroVm of %s: env \"=value\" is no variable and its value. Write env = \"NAME=value\", or env = {\"A=1\", \"B=2\"}.")
    @MicroVm(image = "oci:none", env = "=value")
    static class EnvWithoutName extends Mistaken {}

    @Says("@MicroVm of %s: env has A twice. Leave one of them.")
    @MicroVm(
            image = "oci:none",
            env = {"A=1", "A=2"})
    static class EnvTwice extends Mistaken {}

    @Says("@MicroVm of %s: A VM needs an image, for example \"redis:7\".")
    @MicroVm(image = " ")
    static class NoImage extends Mistaken {}

    @Says(
            "@MicroVm of %s: Not a size of memory: 'lots'. Write a whole number and a unit, for example \"512m\" or \"2g\".")
    @MicroVm(image = "oci:none", memory = "lots")
    static class NoSize extends Mistaken {}

    @Says(
            "@MicroVm of %s: Not a size of a disk: 'huge'. Write a whole number and a unit, for example \"500m\" or \"4g\".")
    @MicroVm(image = "oci:none", disk = "huge")
    static class NoDiskSize extends Mistaken {}

    @Says("@MicroVm of %s: A TCP port is between 1 and 65535, not 70000.")
    @MicroVm(image = "oci:none", ports = 70000)
    static class NoPort extends Mistaken {}

    @Says(
            "@MicroVm of %s: bakeTimeout \"90\" is no duration. Write a whole number and ms, s, m or h: bakeTimeout = \"90s\".")
    @MicroVm(image = "oci:none", bakeTimeout = "90")
    static class NoDuration extends Mistaken {}

    @Says("@MicroVm of %s: The ready timeout has to be positive and at most 365 days, not PT0S.")
    @MicroVm(image = "oci:none", readyTimeout = "0s")
    static class NoTime extends Mistaken {}

    @Says(
            "@MicroVm of %s: a @WaitFor has exactly one of port, log, http and exec, and this one has none. Write one for each condition: waitFor = {@WaitFor(port = 8080), @WaitFor(log = \"ready\")}.")
    @MicroVm(image = "oci:none", waitFor = @WaitFor)
    static class EmptyWait extends Mistaken {}

    @Says(
            "@MicroVm of %s: a @WaitFor has exactly one of port, log, http and exec, and this one has log and exec. Write one for each condition: waitFor = {@WaitFor(port = 8080), @WaitFor(log = \"ready\")}.")
    @MicroVm(image = "oci:none", waitFor = @WaitFor(log = "ready", exec = "true"))
    static class TwoWaits extends Mistaken {}

    @Says(
            "@MicroVm of %s: a @WaitFor has times with log only, and this one has it with port. Write @WaitFor(log = \"ready\", times = 2).")
    @MicroVm(image = "oci:none", waitFor = @WaitFor(port = 8080, times = 2))
    static class TimesOfPort extends Mistaken {}

    @Says(
            "@MicroVm of %s: a @WaitFor has status with http only, and this one has it with log. Write @WaitFor(http = \"/\", status = 204).")
    @MicroVm(image = "oci:none", waitFor = @WaitFor(log = "ready", status = 204))
    static class StatusOfLog extends Mistaken {}

    @MicroVm(image = "oci:none", waitFor = @WaitFor(log = "(ready"))
    static class NoRegex extends Mistaken {}

    @Says(
            "%s has two VMs called 'redis'. Give one of them another name: @MicroVm(name = \"redis-2\", image = \"oci:other\").")
    @MicroVm(name = "redis", image = "oci:none")
    @MicroVm(name = "redis", image = "oci:other")
    static class SameName extends Mistaken {}

    @Says(
            "%1$s has 2 VMs, so each needs a name, and the one of oci:other (on %1$s) has none. Write @MicroVm(name = \"vm-2\", image = \"oci:other\").")
    @MicroVm(name = "redis", image = "oci:none")
    @MicroVm(image = "oci:other")
    static class NameMissing extends Mistaken {}

    static List<Class<?>> mistakes() {
        return Arrays.stream(MisuseTest.class.getDeclaredClasses())
                .filter(type -> type.isAnnotationPresent(Says.class))
                .sorted(Comparator.comparing(Class::getName))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void is_refused_before_anything_starts_with_what_to_write(Class<?> testClass) {
        String expected = testClass.getAnnotation(Says.class).value();

        assertThat(Run.of(testClass).failure())
                .isExactlyInstanceOf(ExtensionConfigurationException.class)
                .hasMessage(expected.formatted(testClass.getName()));
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
                .hasMessage("Field 'port' of " + HERE
                        + "$PortThatTheImageLacks means port 8080, but the VM has none: its image exposes no TCP port."
                        + " Write @MicroVm(image = \"" + WebServer.IMAGE + "\", ports = 8080).");
    }

    @MicroVm(name = "redis", image = "oci:../examples/target/images/redis")
    static class PortBesideTheImageS {
        @BeforeAll
        static void fails_if_it_runs() {
            throw new AssertionError("It is.");
        }

        @Test
        void is_not_run(@Port(8080) int port) {}
    }

    @Test
    void a_port_beside_the_image_s_own_is_refused_before_anything_of_the_class_runs() {
        assertThat(Run.of(PortBesideTheImageS.class).failure())
                .isExactlyInstanceOf(ExtensionConfigurationException.class)
                .hasMessage("Parameter 1 (int) of " + HERE
                        + "$PortBesideTheImageS.is_not_run means port 8080, but the VM 'redis' has [6379]."
                        + " Write @Port(value = 6379, vm = \"redis\"), or @MicroVm(name = \"redis\", image ="
                        + " \"oci:../examples/target/images/redis\", ports = {6379, 8080}), as ports that are given"
                        + " replace the image's.");
    }

    static class AroundTheAnnotated {
        @BeforeEach
        void reset(Vm vm) {}

        @Nested
        @WebServer
        class Inside {
            @Test
            void is_not_run() {}
        }
    }

    @Test
    void a_vm_wanted_around_the_class_that_has_it_is_refused() {
        assertThat(Run.of(AroundTheAnnotated.class).failure())
                .cause()
                .isExactlyInstanceOf(ExtensionConfigurationException.class)
                .hasMessage(
                        "%1$s has no @MicroVm, so nothing of a VM can be had in it."
                                + " Write @MicroVm on it, or take the VM in %1$s$Inside, which is nested in it.",
                        HERE + "$AroundTheAnnotated");
    }
}

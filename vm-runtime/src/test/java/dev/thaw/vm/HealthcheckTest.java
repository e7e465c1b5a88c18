// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static dev.thaw.vm.testing.Specs.WEB_PORT;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.vm.testing.Baked;
import dev.thaw.vm.testing.Layouts;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An image's own HEALTHCHECK says when its service is ready, unless the spec says otherwise. */
class HealthcheckTest {
    private static final String MARKER = "/tmp/well";
    private static final long SECOND_NANOS = 1_000_000_000L;

    private static Thaw thaw;
    private static Baked baked;

    @TempDir
    private Path folder;

    @BeforeAll
    static void open() {
        thaw = Thaw.open();
        baked = new Baked();
    }

    @AfterAll
    static void close() {
        thaw.close();
        baked.close();
    }

    private String image(String... test) throws IOException {
        return Layouts.busybox(folder.resolve("busybox"), config -> check(config, test));
    }

    private static ObjectNode check(ObjectNode config, String... test) {
        ObjectNode check = config.putObject("Healthcheck");
        List.of(test).forEach(check.withArray("Test")::add);
        return check;
    }

    /** Listens at once and is well after a second, which it notes. */
    private static VmSpec slowToGetWell(String image) {
        return baked.anew(VmSpec.of(image)
                .memory("96m")
                .command("sh", "-c", "httpd -p " + WEB_PORT + " -h /etc; sleep 1; touch " + MARKER + "; sleep 100000")
                .port(WEB_PORT));
    }

    @Test
    void the_service_is_ready_when_the_check_passes_however_often_it_has_failed_or_hung_before() throws IOException {
        // GIVEN a check that hangs until the service is well, and would mean unhealthy after the first failure if
        // failures counted while a service starts
        String image = Layouts.busybox(
                folder.resolve("busybox"),
                config -> check(config, "CMD", "sh", "-c", "test -e " + MARKER + " || exec sleep 12345")
                        .put("Timeout", SECOND_NANOS / 4)
                        .put("Retries", 1)
                        .put("Interval", 30 * SECOND_NANOS)
                        .put("StartPeriod", 0));
        // WHEN
        try (Vm vm = thaw.start(slowToGetWell(image))) {
            // THEN it was not frozen before that, and none of the checks goes on
            then(vm.startReport().baked()).isTrue();
            then(vm.exec("test", "-e", MARKER).exitCode()).isZero();
            then(vm.exec("sh", "-c", "ps | grep '[s]leep 12345' | wc -l").stdout())
                    .isEqualTo("0\n");
        }
    }

    @Test
    void a_shell_form_that_never_passes_is_told_with_what_it_said_last() throws IOException {
        // GIVEN
        VmSpec spec = slowToGetWell(image("CMD-SHELL", "echo \"not $((40 + 2)) yet\"; exit 3"));
        // WHEN THEN
        thenThrownBy(() -> thaw.bake(spec.bakeTimeout(Duration.ofSeconds(8))))
                .isInstanceOf(NotReadyException.class)
                .hasMessageContaining("did not get ready within 8 s. Waited for the image's health check [/bin/sh, -c,"
                        + " echo \"not $((40 + 2)) yet\"; exit 3] to exit with status 0 (it exited with status 3 and"
                        + " said 'not 42 yet')");
    }

    @Test
    void an_image_that_switches_its_check_off_is_ready_when_its_ports_listen() throws IOException {
        // GIVEN an image with NONE that exposes a port, and a service that does not listen at once
        String image = Layouts.busybox(folder.resolve("busybox"), config -> {
            check(config, "NONE");
            config.putObject("ExposedPorts").putObject("8081/tcp");
        });
        VmSpec spec = VmSpec.of(image)
                .memory("96m")
                .command("sh", "-c", "sleep 1; touch " + MARKER + "; exec httpd -f -p 8081 -h /etc");
        // WHEN
        try (Vm vm = thaw.start(baked.anew(spec))) {
            // THEN
            then(vm.exec("test", "-e", MARKER).exitCode()).isZero();
            then(vm.exec("wget", "-q", "-O", "-", "http://127.0.0.1:8081/passwd")
                            .exitCode())
                    .isZero();
        }
    }
}

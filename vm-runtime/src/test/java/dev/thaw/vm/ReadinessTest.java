// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static dev.thaw.vm.testing.Specs.WEB_PORT;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.vm.testing.Specs;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What counts as ready is what was asked for, no less and no more. */
class ReadinessTest {
    private static final String MARKER = "/tmp/ready";
    private static Thaw thaw;

    @BeforeAll
    static void open() {
        thaw = Thaw.open();
    }

    @AfterAll
    static void close() {
        thaw.close();
    }

    /** A web server that answers 404 at first, and the page from then on. */
    private static VmSpec slowStarter() {
        return Specs.script("mkdir -p /www; httpd -p " + WEB_PORT + " -h /www; echo listening; sleep 1;"
                        + " echo page > /www/health; touch " + MARKER + "; echo all set; echo all set; sleep 100000")
                .port(WEB_PORT);
    }

    private static void thenIsReadyWith(VmSpec spec) {
        try (Vm vm = thaw.start(spec.bakeTimeout(Duration.ofSeconds(60)))) {
            then(vm.exec("test", "-e", MARKER).exitCode()).isZero();
        }
    }

    @Test
    void a_log_line_is_waited_for_as_often_as_asked() {
        thenIsReadyWith(slowStarter().waitFor(Wait.log("^all set$").times(2)));
    }

    @Test
    void an_http_path_is_waited_for_until_it_has_the_status() {
        thenIsReadyWith(slowStarter().waitFor(Wait.http("/health")));
    }

    @Test
    void a_command_is_run_until_it_succeeds() {
        thenIsReadyWith(slowStarter().waitFor(Wait.exec("test", "-e", MARKER)));
    }

    @Test
    void several_conditions_are_waited_for_one_after_the_other() {
        thenIsReadyWith(slowStarter().waitFor(Wait.port(WEB_PORT), Wait.log("listening"), Wait.exec("cat", MARKER)));
    }

    @Test
    void a_status_that_never_comes_is_told_with_the_one_that_did() {
        VmSpec spec = slowStarter().waitFor(Wait.http("/health").status(503)).bakeTimeout(Duration.ofSeconds(10));
        thenThrownBy(() -> thaw.bake(spec))
                .isInstanceOf(NotReadyException.class)
                .hasMessageContaining("GET /health on port 8080 to be answered with status 503 (last: status 200)");
    }

    @Test
    void a_command_that_never_succeeds_is_told_with_what_it_said() {
        VmSpec spec = slowStarter()
                .waitFor(Wait.exec("sh", "-c", "echo not yet; exit 4"))
                .bakeTimeout(Duration.ofSeconds(10));
        thenThrownBy(() -> thaw.bake(spec))
                .isInstanceOf(NotReadyException.class)
                .hasMessageContaining("it exited with status 4 and said 'not yet'");
    }

    @Test
    void waiting_for_http_without_any_port_is_refused_with_the_line_to_write() {
        thenThrownBy(() -> thaw.bake(Specs.script("sleep 1000").waitFor(Wait.http("/health"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Write Wait.http(\"/health\").port(8080), for example.");
    }
}

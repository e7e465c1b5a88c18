// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VmSpecTest {
    private static final VmSpec SPEC = VmSpec.of("oci:images/redis");

    @Test
    void a_change_gives_a_new_spec_and_leaves_the_old_one_as_it_was() {
        VmSpec changed = SPEC.port(6379)
                .env("A", "1")
                .command("x")
                .memory("256m")
                .cpus(2)
                .name("db")
                .user("u");
        then(SPEC.ports()).isEmpty();
        then(SPEC.env()).isEmpty();
        then(SPEC.command()).isEmpty();
        then(SPEC.memoryBytes()).isEqualTo(512L << 20);
        then(SPEC.cpus()).isEqualTo(1);
        then(changed.ports()).containsExactly(6379);
        then(changed.env()).containsEntry("A", "1");
        then(changed.memoryBytes()).isEqualTo(256L << 20);
    }

    @Test
    void specs_with_equal_values_are_equal() {
        then(SPEC.port(1).env("A", "1").env("B", "2"))
                .isEqualTo(SPEC.env("B", "2").env("A", "1").port(1));
        then(SPEC.port(1)).hasSameHashCodeAs(SPEC.port(1)).isNotEqualTo(SPEC.port(2));
        then(SPEC.readyTimeout(Duration.ofSeconds(1))).isNotEqualTo(SPEC);
    }

    @Test
    void ports_and_waits_add_up_and_environment_is_replaced() {
        then(SPEC.port(1, 2).port(2, 3).ports()).containsExactly(1, 2, 3);
        then(SPEC.waitFor(Wait.ports()).waitFor(Wait.log("x")).waits()).hasSize(2);
        then(SPEC.env("A", "1").env("A", "2").env()).containsEntry("A", "2").hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"512m,536870912", "1G,1073741824", "2 gib,2147483648", "98304k,100663296", "128MB,134217728"})
    void memory_is_written_with_a_unit(String text, long bytes) {
        then(SPEC.memory(text).memoryBytes()).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"512", "m", "-1m", "1.5g", "1t", "", "99999999999g"})
    void a_memory_size_that_is_none_is_quoted(String text) {
        thenThrownBy(() -> SPEC.memory(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'")
                .hasMessageContaining("\"512m\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"95m", "65g", "100000k"})
    void a_memory_size_out_of_range_is_refused(String text) {
        thenThrownBy(() -> SPEC.memory(text)).hasMessageContaining("a whole number of MiB from 96m to 64g");
    }

    @ParameterizedTest
    @CsvSource({"32m,33554432", "4G,4294967296", "1 tib,1099511627776", "500MB,524288000"})
    void a_disk_is_written_with_a_unit(String text, long bytes) {
        then(SPEC.disk(text).diskBytes()).isEqualTo(bytes);
        then(SPEC.disk(text)).isEqualTo(SPEC.diskBytes(bytes)).isNotEqualTo(SPEC);
        then(SPEC.diskBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"4", "g", "-1g", "1.5g", "1p", "", "9999999t", "32768k"})
    void a_disk_size_that_is_none_is_quoted(String text) {
        thenThrownBy(() -> SPEC.disk(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Not a size of a disk: '" + text + "'")
                .hasMessageContaining("\"4g\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0m", "31m", "1025g", "2t", "999999t"})
    void a_disk_size_out_of_range_is_refused(String text) {
        thenThrownBy(() -> SPEC.disk(text)).hasMessageContaining("a whole number of MiB from 32m to 1t");
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 0, (32 << 20) + 4096, Long.MAX_VALUE})
    void disk_bytes_out_of_range_are_refused(long bytes) {
        thenThrownBy(() -> SPEC.diskBytes(bytes)).hasMessageContaining("not " + bytes + " bytes");
    }

    @Test
    void values_that_make_no_sense_are_refused_with_what_would() {
        thenThrownBy(() -> VmSpec.of(" ")).hasMessageContaining("redis:7");
        thenThrownBy(() -> SPEC.port(0)).hasMessageContaining("between 1 and 65535, not 0");
        thenThrownBy(() -> SPEC.port(65536)).hasMessageContaining("not 65536");
        thenThrownBy(() -> SPEC.name("9lives")).hasMessageContaining("begins with a letter, unlike '9lives'");
        thenThrownBy(() -> SPEC.name("a".repeat(41))).hasMessageContaining("1 to 40");
        thenThrownBy(() -> SPEC.env("A=B", "1")).hasMessageContaining("'A=B'");
        thenThrownBy(() -> SPEC.env("A", "\0")).hasMessageContaining("neither it nor the value has NUL");
        thenThrownBy(() -> SPEC.cpus(0)).hasMessageContaining("1 to 32 CPUs, not 0");
        thenThrownBy(() -> SPEC.bakeTimeout(Duration.ZERO)).hasMessageContaining("bake timeout has to be positive");
        thenThrownBy(() -> SPEC.readyTimeout(Duration.ofSeconds(-1))).hasMessageContaining("ready timeout");
    }

    @Test
    void waits_that_make_no_sense_are_refused() {
        thenThrownBy(() -> Wait.log("(")).hasMessageContaining("Not a regular expression");
        thenThrownBy(() -> Wait.log("x").times(0)).hasMessageContaining("not 0 times");
        thenThrownBy(() -> Wait.http("health")).hasMessageContaining("begins with /");
        thenThrownBy(() -> Wait.http("/a b")).hasMessageContaining("no spaces");
        thenThrownBy(() -> Wait.http("/").status(99)).hasMessageContaining("between 100 and 599");
        thenThrownBy(() -> Wait.http("/").port(70000)).hasMessageContaining("70000");
        thenThrownBy(() -> Wait.exec()).hasMessageContaining("at least the program's name");
        thenThrownBy(() -> Wait.port(0)).hasMessageContaining("not 0");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.manifest;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.thaw.image.ExposedPort;
import dev.thaw.image.Healthcheck;
import dev.thaw.image.ImageConfig;
import dev.thaw.image.tree.InvalidImageException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Configurations, manifests and indexes that others wrote. */
class DocumentsTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    "User":1                            | c: config: User: expected a string, got a JSON number
                    "Env":"A=1"                         | c: config: Env: expected a list of strings, got a JSON string
                    "Env":[null]                        | c: config: an element of Env: expected a string, got a JSON null
                    "Env":["A=\\u0000"]                 | c: config: an element of Env: a string with a NUL character
                    "Env":["A=1","PATH"]                | c: config: Env: 'PATH' is not NAME=value
                    "Env":["=1"]                        | c: config: Env: '=1' is not NAME=value
                    "Volumes":[]                        | c: config: Volumes: expected an object, got a JSON array
                    "ExposedPorts":{"0/tcp":{}}         | c: config: ExposedPorts: '0/tcp': port 0 is not between 1 and 65535
                    "ExposedPorts":{"1/dccp":{}}        | c: config: ExposedPorts: '1/dccp': protocol 'dccp' is none of [tcp, udp, sctp]
                    "ExposedPorts":{"tcp":{}}           | c: config: ExposedPorts: 'tcp' is not a port like 6379, 6379/tcp or 53/udp
                    "ExposedPorts":{"99999":{}}         | c: config: ExposedPorts: '99999': port 99999 is not between 1 and 65535
                    "Healthcheck":{"Test":["RUN"]}      | c: config: Healthcheck: Test: begins with 'RUN'; expected NONE, CMD or CMD-SHELL
                    "Healthcheck":{"Test":["CMD"]}      | c: config: Healthcheck: Test: CMD without a command
                    "Healthcheck":{"Test":["CMD","a"],"Interval":-1}  | c: config: Healthcheck: Interval: -1 is negative
                    "Healthcheck":{"Test":["CMD","a"],"Interval":1.5} | c: config: Healthcheck: Interval: expected a whole number of 64 bits, got a JSON number
                    """)
    void a_wrong_field_of_a_configuration_is_named(String fields, String message) {
        thenThrownBy(() -> config(fields))
                .isInstanceOf(InvalidImageException.class)
                .hasMessage(message);
    }

    @Test
    void ports_of_every_protocol_are_read() throws Exception {
        then(config("\"ExposedPorts\":{\"80\":{},\"53/UDP\":{},\"2905/sctp\":{}}")
                        .config()
                        .exposedPorts())
                .containsExactly(new ExposedPort(53, "udp"), new ExposedPort(80, "tcp"), new ExposedPort(2905, "sctp"));
    }

    @Test
    void a_healthcheck_that_is_switched_off_is_kept_and_an_empty_one_is_none() throws Exception {
        then(config("\"Healthcheck\":{\"Test\":[\"NONE\"]}").config().healthcheck())
                .contains(new Healthcheck(
                        List.of("NONE"), Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ZERO, 3));
        then(config("\"Healthcheck\":{\"Test\":[]}").config().healthcheck()).isEmpty();
        then(config("\"Healthcheck\":null").config().healthcheck()).isEmpty();
    }

    @Test
    void a_document_that_is_no_document_is_refused() {
        thenParsing("").hasMessage("d: expected an object, got nothing");
        thenParsing("[]").hasMessage("d: expected an object, got a JSON array");
        thenParsing("{}{}").hasMessageStartingWith("d is not valid JSON at line 1, column");
        thenParsing("{\"a\":1,\"a\":2}").hasMessageStartingWith("d is not valid JSON at line 1, column");
        thenParsing("[".repeat(100)).hasMessageStartingWith("d is not valid JSON");
        thenParsing(" ".repeat(JsonObject.MAX_BYTES + 1))
                .hasMessage("d has 4194305 bytes; at most 4194304 are accepted");
    }

    @FuzzTest
    void any_bytes_are_a_configuration_or_refused(byte[] bytes) {
        if (bytes == null) {
            return;
        }
        try {
            ImageConfig config = ConfigReader.read(bytes, "c").config();
            then(config.platform().os()).isNotNull();
            then(config.env()).allMatch(assignment -> assignment.indexOf('=') > 0);
        } catch (InvalidImageException e) {
            then(e.getMessage()).startsWith("c").hasSizeLessThan(10_000);
        }
    }

    @FuzzTest
    void any_bytes_are_an_index_or_refused(byte[] bytes) {
        if (bytes == null) {
            return;
        }
        try {
            then(OciDescriptor.readAll(JsonObject.parse(bytes, "i").objects("manifests")))
                    .doesNotContainNull();
        } catch (InvalidImageException e) {
            then(e.getMessage()).startsWith("i").hasSizeLessThan(10_000);
        }
    }

    @FuzzTest
    void any_bytes_are_a_docker_manifest_or_refused(byte[] bytes) {
        if (bytes == null) {
            return;
        }
        try {
            for (JsonObject image : JsonObject.parseList(bytes, "m")) {
                then(image.texts("RepoTags")).doesNotContainNull();
                then(image.texts("Layers")).doesNotContainNull();
                then(image.text("Config")).isNotNull();
            }
        } catch (InvalidImageException e) {
            then(e.getMessage()).startsWith("m").hasSizeLessThan(10_000);
        }
    }

    private static ConfigReader config(String fields) throws InvalidImageException {
        String json = "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"diff_ids\":[]},\"config\":{" + fields
                + "}}";
        return ConfigReader.read(json.getBytes(StandardCharsets.UTF_8), "c");
    }

    private static AbstractThrowableAssert<?, ?> thenParsing(String document) {
        return thenThrownBy(() -> JsonObject.parse(document.getBytes(StandardCharsets.UTF_8), "d"))
                .isInstanceOf(InvalidImageException.class);
    }
}

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
                    "Env":["A=\\u0000"]                 | c: config: an element of Env: a string with a NUL character
                    "Env":["=1"]                        | c: config: Env: '=1' is not NAME=value
                    "Volumes":[]                        | c: config: Volumes: expected an object, got a JSON array
                    "Entrypoint":{}                     | c: config: Entrypoint: expected a list of strings, got a JSON object
                    "Cmd":[1]                           | c: config: an element of Cmd: expected a string, got a JSON number
                    "Healthcheck":[]                    | c: config: Healthcheck: expected an object, got a JSON array
                    "Healthcheck":{"Test":"true"}       | c: config: Healthcheck: Test: expected a list of strings, got a JSON string
                    "Healthcheck":{"Test":["CMD","a"],"Interval":1.5} | c: config: Healthcheck: Interval: expected a whole number of 64 bits, got a JSON number
                    """)
    void a_wrong_field_of_a_configuration_is_named(String fields, String message) {
        thenThrownBy(() -> config(fields))
                .isInstanceOf(InvalidImageException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    "Env":["A=1","PATH"]                | Env: 'PATH' is not NAME=value
                    "Env":["A=1",null]                  | Env: '' is not NAME=value
                    "ExposedPorts":{"0/tcp":{}}         | ExposedPorts: '0/tcp' is not within 1 to 65535
                    "ExposedPorts":{"99999":{}}         | ExposedPorts: '99999' is not within 1 to 65535
                    "ExposedPorts":{"8010-8000":{}}     | ExposedPorts: '8010-8000' is not within 1 to 65535
                    "ExposedPorts":{"1/dccp":{}}        | ExposedPorts: '1/dccp': its protocol is none of tcp, udp and sctp
                    "ExposedPorts":{"tcp":{}}           | ExposedPorts: 'tcp' is not a port like 6379, 6379/tcp, 53/udp or 8000-8010/tcp
                    "ExposedPorts":{"$PORT/tcp":{}}     | ExposedPorts: '$PORT/tcp' is not a port like 6379, 6379/tcp, 53/udp or 8000-8010/tcp
                    "Healthcheck":{"Test":["RUN"]}      | Healthcheck: Test: begins with 'RUN'; expected NONE, CMD or CMD-SHELL
                    "Healthcheck":{"Test":["CMD"]}      | Healthcheck: Test: CMD without a command
                    "Healthcheck":{"Test":["CMD","a"],"Interval":-1} | Healthcheck: Interval: -1 is negative
                    """)
    void a_value_that_docker_makes_nothing_of_is_passed_over_and_named(String fields, String said) throws Exception {
        ConfigReader read = config(fields);
        then(read.passedOver()).containsExactly(said);
        then(read.config().env()).isEqualTo(fields.contains("A=1") ? List.of("A=1") : List.of());
        then(read.config().exposedPorts()).isEmpty();
    }

    @Test
    void a_command_may_be_a_string_or_null_and_have_nulls_in_it() throws Exception {
        ImageConfig texts = config("\"Entrypoint\":\"run me\",\"Cmd\":\"a b\",\"Shell\":\"sh\"")
                .config();
        then(texts.entrypoint()).containsExactly("run me");
        then(texts.cmd()).containsExactly("a b");
        then(texts.shell()).containsExactly("sh");
        ImageConfig nulls = config("\"Entrypoint\":null,\"Cmd\":[\"a\",null]").config();
        then(nulls.entrypoint()).isEmpty();
        then(nulls.cmd()).containsExactly("a", "");
    }

    @Test
    void nulls_and_unknown_fields_are_as_if_they_were_not_there() throws Exception {
        ConfigReader plain = config("");
        ConfigReader odd = config("\"Env\":null,\"User\":null,\"WorkingDir\":null,\"ExposedPorts\":null,"
                + "\"Volumes\":null,\"Labels\":null,\"StopSignal\":null,\"Healthcheck\":null,\"Shell\":null,"
                + "\"Memory\":0,\"OnBuild\":[\"RUN x\"],\"ArgsEscaped\":true,\"Tomorrow\":{\"a\":[{}]}");
        then(odd).isEqualTo(plain);
        then(odd.passedOver()).isEmpty();
    }

    @Test
    void a_health_check_of_docker_s_api_1_44_is_read_and_zero_is_the_default() throws Exception {
        ConfigReader read = config("\"Healthcheck\":{\"Test\":[\"CMD\",\"a\"],\"Interval\":0,\"Timeout\":2000000000,"
                + "\"StartPeriod\":0,\"StartInterval\":5000000000,\"Retries\":0}");
        then(read.config().healthcheck())
                .contains(new Healthcheck(
                        List.of("CMD", "a"), Duration.ofSeconds(30), Duration.ofSeconds(2), Duration.ZERO, 3));
        then(read.passedOver()).isEmpty();
    }

    @Test
    void a_negative_time_or_count_of_a_health_check_is_the_default() throws Exception {
        then(config("\"Healthcheck\":{\"Test\":[\"CMD\",\"a\"],\"Interval\":-1,\"Timeout\":-1,\"Retries\":-1}")
                        .config()
                        .healthcheck())
                .contains(new Healthcheck(
                        List.of("CMD", "a"), Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ZERO, 3));
    }

    @Test
    void a_range_of_ports_is_each_of_them() throws Exception {
        then(config("\"ExposedPorts\":{\"8000-8002/tcp\":{},\"8002\":{},\"90-91/UDP\":{},\"80/\":{}}")
                        .config()
                        .exposedPorts())
                .extracting(ExposedPort::toString)
                .containsExactly("80/tcp", "90/udp", "91/udp", "8000/tcp", "8001/tcp", "8002/tcp");
    }

    @Test
    void a_hundred_thousand_ranges_of_ports_are_no_more_than_all_ports() throws Exception {
        StringBuilder ranges = new StringBuilder();
        for (int i = 0; i < 100_000; i++) {
            ranges.append(i == 0 ? "" : ",").append("\"" + (i / 50 + 1) + "-" + (65535 - i % 50) + "\":{}");
        }
        then(config("\"ExposedPorts\":{" + ranges + "}").config().exposedPorts())
                .hasSize(65535);
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
            then(OciDescriptor.readAll(ManifestDocument.parseIndex(bytes, "i").objects("manifests")))
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

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import static dev.thaw.image.StoreFixture.LAYER;
import static org.assertj.core.api.BDDAssertions.then;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.image.testing.TestLayout;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.LoggerFactory;

/** Images whose configuration is odd, but which Docker runs. */
class OddConfigurationTest {
    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();

    @RegisterExtension
    private final StoreFixture fixture = new StoreFixture();

    @BeforeEach
    void listen() {
        logged.start();
        log().addAppender(logged);
    }

    @AfterEach
    void stopListening() {
        log().detachAppender(logged);
    }

    @Test
    void what_is_passed_over_is_told_in_one_warning_however_often_the_image_is_used() throws IOException {
        // GIVEN
        TestLayout layout = TestLayout.bent(
                fixture.folder(),
                config -> {
                    ObjectNode process = (ObjectNode) config.get("config");
                    process.putArray("Env").add("DEBUG").add("A=1");
                    process.putObject("ExposedPorts").putObject("$PORT/tcp");
                },
                TestLayout::asItIs,
                LAYER);
        // WHEN
        Image image = fixture.resolve(layout);
        fixture.store().disk(image);
        Image again = fixture.resolve(layout);
        // THEN
        then(again).isEqualTo(image);
        then(image.config().env()).isEqualTo(List.of("A=1"));
        then(messages())
                .containsExactly("WARN Image " + fixture.reference()
                        + ": passed over in its configuration, as Docker does: Env: 'DEBUG' is not NAME=value;"
                        + " ExposedPorts: '$PORT/tcp' is not a port like 6379, 6379/tcp, 53/udp or 8000-8010/tcp");
    }

    @Test
    void thousands_of_odd_values_are_one_line() throws IOException {
        // GIVEN
        TestLayout layout = TestLayout.bent(
                fixture.folder(),
                config -> {
                    for (int i = 0; i < 5000; i++) {
                        ((ObjectNode) config.get("config")).withArray("Env").add("E" + i);
                    }
                },
                TestLayout::asItIs,
                LAYER);
        // WHEN
        fixture.resolve(layout);
        // THEN
        then(messages()).singleElement().asString().endsWith("; Env: 'E9' is not NAME=value; and 4990 more");
    }

    private List<String> messages() {
        return logged.list.stream()
                .map(event -> event.getLevel() + " " + event.getFormattedMessage())
                .toList();
    }

    private static Logger log() {
        return (Logger) LoggerFactory.getLogger(ImageStore.class);
    }
}

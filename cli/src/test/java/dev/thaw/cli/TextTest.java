// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import static org.assertj.core.api.BDDAssertions.then;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextTest {
    @ParameterizedTest
    @CsvSource({
        "0,0 B",
        "1023,1023 B",
        "1024,1 KiB",
        "1536,1.5 KiB",
        "1048575,1.0 MiB",
        "536870912,512 MiB",
        "-4096,-4 KiB",
        "9223372036854775807,8 EiB"
    })
    void sizes_have_units(long bytes, String text) {
        then(Sizes.of(bytes)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({
        "-60,just now",
        "4,just now",
        "5,5 seconds ago",
        "120,2 minutes ago",
        "7200,2 hours ago",
        "86400,24 hours ago",
        "259200,3 days ago",
        "5184000,2 months ago"
    })
    void times_are_told_from_now(long secondsAgo, String text) {
        Instant now = Instant.parse("2026-11-21T10:00:00Z");
        then(Times.ago(now.minusSeconds(secondsAgo), now)).isEqualTo(text);
    }

    @Test
    void spans_are_told_as_exactly_as_people_want_to_know() {
        then(Times.span(Duration.ofMillis(46))).isEqualTo("46 ms");
        then(Times.span(Duration.ofMillis(3210))).isEqualTo("3.2 s");
        then(Times.span(Duration.ofMinutes(5))).isEqualTo("5 minutes");
    }

    @Test
    void controls_are_shown_as_question_marks_and_lines_kept_where_they_may_be() {
        then(Printable.of("a\u001b[31mb\u202ec\nd")).isEqualTo("a?[31mb?c\nd");
        then(Printable.line(" a\n\tb\u0007 ")).isEqualTo("a b?");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CacheLimitsTest {
    private static CacheLimits load(Map<String, String> settings) {
        return CacheLimits.load(name -> Optional.ofNullable(settings.get(name)));
    }

    @Test
    void without_settings_it_is_a_tenth_of_the_file_system_and_thirty_days(@TempDir Path folder) throws IOException {
        CacheLimits limits = load(Map.of());

        then(limits).isEqualTo(CacheLimits.DEFAULT);
        then(limits.maxAge()).isEqualTo(Duration.ofDays(30));
        then(limits.maxBytesIn(folder)).isEqualTo(Files.getFileStore(folder).getTotalSpace() / 10);
    }

    @Test
    void settings_are_read_as_people_write_them(@TempDir Path folder) throws IOException {
        CacheLimits limits = load(Map.of("thaw.cache.max.bytes", "20g", "thaw.cache.max.age", "2w"));

        then(limits).isEqualTo(new CacheLimits(OptionalLong.of(20L << 30), Duration.ofDays(14)));
        then(limits.maxBytesIn(folder)).isEqualTo(20L << 30);
    }

    @ParameterizedTest
    @CsvSource({"0,0", "17,17", "2k,2048", "3M,3145728", "1 g,1073741824", "1t,1099511627776"})
    void bytes_have_units_of_1024(String text, long bytes) {
        then(CacheLimits.bytes(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource({"0d,PT0S", "5m,PT5M", "36h,PT36H", "30D,PT720H", "1w,PT168H"})
    void times_have_units_from_minutes_to_weeks(String text, Duration time) {
        then(CacheLimits.age(text)).isEqualTo(time);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "g", "-1", "1.5g", "1x", "1gb", "99999999999999999999"})
    void what_is_no_number_of_bytes_is_refused_with_an_example(String text) {
        thenThrownBy(() -> CacheLimits.bytes(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("'" + text
                        + "' is no number of bytes; that is a whole number, with k, m, g or t behind it: 20g.");
    }

    @Test
    void what_is_too_large_is_refused() {
        thenThrownBy(() -> CacheLimits.bytes("999999999999999t")).hasMessage("'999999999999999t' is too large.");
        thenThrownBy(() -> CacheLimits.age("999999999999999w")).hasMessage("'999999999999999w' is too large.");
    }

    @Test
    void a_setting_that_makes_no_sense_is_named() {
        thenThrownBy(() -> load(Map.of("thaw.cache.max.age", "30")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("thaw.cache.max.age is wrong: '30' is no time; that is a whole number with m, h, d or w"
                        + " behind it: 30d.");
    }
}

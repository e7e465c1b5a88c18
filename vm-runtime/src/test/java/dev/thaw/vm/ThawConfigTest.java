// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ThawConfigTest {

    private static ThawConfig load(Map<String, String> settings) {
        return ThawConfig.load(name -> Optional.ofNullable(settings.get(name)));
    }

    @Test
    void the_source_that_is_given_wins_over_properties_and_environment() {
        ThawConfig config = load(Map.of("thaw.home", "/somewhere/../else", "thaw.accel", "tcg", "thaw.kernel", "k"));
        then(config.home()).isEqualTo(Path.of("/else"));
        then(config.accel()).isEqualTo(ThawConfig.Accel.TCG);
        then(config.kernel()).contains(Path.of("k"));
        then(config.qemu()).isEmpty();
    }

    @Test
    void an_empty_setting_counts_as_none() {
        then(load(Map.of("thaw.kernel", " ")).kernel()).isEmpty();
    }

    @Test
    void a_setting_that_makes_no_sense_is_named_with_what_it_can_be() {
        thenThrownBy(() -> load(Map.of("thaw.accel", "fast")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("thaw.accel is 'fast'; it can be auto, kvm, hvf or tcg.");
        thenThrownBy(() -> load(Map.of("thaw.engine", "bhyve")))
                .hasMessage("thaw.engine is 'bhyve'; it can be auto or qemu.");
        thenThrownBy(() -> load(Map.of("thaw.home", "\0"))).hasMessageContaining("thaw.home is");
    }
}

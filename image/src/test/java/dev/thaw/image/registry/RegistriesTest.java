// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.registry;

import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.image.RegistrySettings;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistriesTest {
    @Test
    void what_begins_after_the_end_has_ended(@TempDir Path cache) throws IOException {
        Registries registries =
                Registries.open(RegistrySettings.defaults(), cache, event -> {}, RegistryContext.ofProcess());
        registries.close();
        // Whatever a pull wants to end with it can't even begin.
        thenThrownBy(() -> registries.begin().add(() -> {}))
                .isInstanceOf(InterruptedException.class)
                .hasMessage("cancelled");
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import dev.thaw.image.testing.TestRegistry;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A registry for all tests of a class, and for each an empty store. */
abstract class WithRegistry {
    @TempDir
    static Path folder;

    static TestRegistry registry;

    @RegisterExtension
    final StoreFixture fixture = new StoreFixture();

    @BeforeAll
    static void startRegistry() throws IOException {
        registry = TestRegistry.open(folder.resolve("registry"));
    }

    @AfterAll
    static void stopRegistry() {
        registry.close();
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.folder;

import static dev.thaw.devices.folder.Trees.descriptorsBelow;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A tree over a fresh folder for each test, which must leave nothing open. */
abstract class FreshTree {
    @TempDir
    Path folder;

    FolderTree tree;

    @BeforeEach
    void open() throws IOException {
        tree = Trees.of(folder);
    }

    @AfterEach
    void no_descriptor_is_left() throws IOException {
        tree.close();
        assertThat(descriptorsBelow(folder)).isZero();
    }
}

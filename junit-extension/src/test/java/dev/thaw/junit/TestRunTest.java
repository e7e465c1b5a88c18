// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TestRunTest {
    @TempDir
    Path project;

    @Test
    void logs_go_to_maven_s_output_folder() throws IOException {
        Files.createDirectory(project.resolve("target"));
        Files.createDirectory(project.resolve("build"));

        try (TestRun run = new TestRun(project)) {
            assertThat(run.logFolder(TestRunTest.class))
                    .isEqualTo(project.resolve("target/thaw/logs/dev.thaw.junit.TestRunTest"))
                    .isDirectory();
        }
    }

    @Test
    void logs_go_to_gradle_s_output_folder_if_there_is_no_maven_s() throws IOException {
        Files.createDirectory(project.resolve("build"));

        try (TestRun run = new TestRun(project)) {
            assertThat(run.logFolder(TestRunTest.class))
                    .isEqualTo(project.resolve("build/thaw/logs/dev.thaw.junit.TestRunTest"));
        }
    }

    @Test
    void without_either_logs_go_to_a_new_folder_for_temporary_files() throws IOException {
        try (TestRun run = new TestRun(project)) {
            Path folder = run.logFolder(TestRunTest.class);

            assertThat(folder).isEmptyDirectory().hasFileName("dev.thaw.junit.TestRunTest");
            assertThat(folder.startsWith(project)).isFalse();
            Files.delete(folder);
            Files.delete(folder.getParent());
        }
    }

    @Test
    void what_an_earlier_run_left_is_removed_once() throws IOException {
        Path folder = project.resolve("target/thaw/logs/dev.thaw.junit.TestRunTest");
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("old.log"), "old");

        try (TestRun run = new TestRun(project)) {
            run.logFolder(TestRunTest.class);
            Files.writeString(folder.resolve("new.log"), "new");

            assertThat(run.logFolder(TestRunTest.class)).isEqualTo(folder);
            assertThat(folder).isDirectoryContaining("glob:**/new.log").isDirectoryNotContaining("glob:**/old.log");
        }
    }
}

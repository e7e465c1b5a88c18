// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.snapshot.SnapshotStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What all commands have in common: errors, exit codes, help. */
class ProgramTest {
    @TempDir
    Path home;

    private SnapshotStore store;

    @BeforeEach
    void open() {
        store = SnapshotStore.open(home.resolve("snapshots"));
    }

    @AfterEach
    void close() {
        store.close();
    }

    private Run cache(String... arguments) throws IOException {
        List<String> all =
                Stream.concat(Stream.of("cache"), Stream.of(arguments)).toList();
        return Run.thaw(home, all.toArray(String[]::new));
    }

    @Test
    void a_store_that_others_can_write_to_is_refused_with_status_3() throws IOException {
        Files.setPosixFilePermissions(store.folder(), PosixFilePermissions.fromString("rwxrwxrwx"));

        Run run = cache("ls");

        then(run.code()).isEqualTo(3);
        then(run.out()).isEmpty();
        then(run.err().lines()).hasSize(1);
        then(run.err()).startsWith("thaw: The store ").endsWith("chmod 700 " + store.folder() + "\n");
    }

    @Test
    void a_stack_trace_is_printed_only_when_asked_for() throws IOException {
        Files.writeString(home.resolve("file"), "no folder");
        Run run = cache("ls", "--home", home.resolve("file").toString());
        Run debug = cache("ls", "--debug", "--home", home.resolve("file").toString());

        then(run.code()).isEqualTo(3);
        then(run.err().lines()).hasSize(1);
        then(debug.code()).isEqualTo(3);
        then(debug.err()).contains("at dev.thaw.cli.");
    }

    @Test
    void what_makes_no_sense_is_one_line_and_a_hint() throws IOException {
        then(cache("gc", "--max-bytes", "lots"))
                .isEqualTo(new Run(
                        2,
                        "",
                        "thaw: 'lots' is no number of bytes; that is a whole number, with k, m, g or t behind it:"
                                + " 20g.\n"));
        Run unknown = cache("ls", "--nothing");
        then(unknown.code()).isEqualTo(2);
        then(unknown.err()).startsWith("thaw: Unknown option: '--nothing'\n");
        then(Run.thaw(home).code()).isEqualTo(2);
        then(cache().code()).isEqualTo(2);
    }

    @Test
    void the_help_documents_the_exit_codes() throws IOException {
        for (String[] command : new String[][] {{"--help"}, {"cache", "--help"}, {"cache", "gc", "--help"}}) {
            Run run = Run.thaw(home, command);

            then(run.code()).isZero();
            then(run.out()).contains("Exit codes:", "0   done", "3   the store can't be used");
        }
        then(Run.thaw(home, "--version").out()).startsWith("thaw ");
    }

    @Test
    void names_that_would_control_a_terminal_are_shown_harmless() throws IOException {
        Bakes.bake(store, "evil\u001b[31m\nname", "third");

        then(cache("ls").out()).contains("evil?[31m name").doesNotContain("\u001b");
    }
}

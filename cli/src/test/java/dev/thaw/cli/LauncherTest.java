// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Through bin/thaw, as a user starts it. */
class LauncherTest {
    private static final String SCRIPT =
            Path.of("../bin/thaw").toAbsolutePath().normalize().toString();

    @TempDir
    Path home;

    private Snapshot snapshot;

    @BeforeEach
    void bake() throws IOException {
        try (SnapshotStore store = SnapshotStore.open(home.resolve("snapshots"))) {
            snapshot = Bakes.bake(store, "redis", "x");
        }
    }

    private Run thaw(List<String> command) throws IOException {
        return Run.command(
                Map.of("JAVA_HOME", System.getProperty("java.home"), "THAW_HOME", home.toString(), "TERM", "xterm"),
                command);
    }

    @Test
    void the_script_runs_the_program_and_ends_with_its_status() throws IOException {
        Run ls = thaw(List.of(SCRIPT, "cache", "ls"));

        then(ls.code()).as(ls.err()).isZero();
        then(ls.err()).isEmpty();
        then(ls.out()).contains(snapshot.id().abbreviated());
        then(thaw(List.of(SCRIPT, "cache", "inspect", "nothing")).code()).isEqualTo(2);
    }

    @Test
    void a_progress_bar_is_shown_on_a_terminal_and_only_there() throws IOException {
        Run piped = thaw(List.of(SCRIPT, "cache", "verify"));
        then(piped.err()).isEmpty();
        then(piped.out()).doesNotContain("\u001b");

        Run terminal = thaw(List.of("script", "-qec", SCRIPT + " cache verify", "/dev/null"));

        then(terminal.code()).as(terminal.err()).isZero();
        then(terminal.out())
                .contains("verify " + snapshot.id().abbreviated() + " (redis) [")
                .contains("100%")
                .contains("\r\u001b[K" + snapshot.id().abbreviated() + " (redis): intact");
    }
}

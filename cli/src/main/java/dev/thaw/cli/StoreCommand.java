// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.thaw.snapshot.SnapshotStore;
import dev.thaw.vm.ThawConfig;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What all commands have in common: they open the store, do something, and print it in one of two ways. */
abstract class StoreCommand implements Callable<Integer> {
    static final String DEBUG = "--debug";

    @Spec
    private CommandSpec spec;

    @Option(names = "--home", paramLabel = "FOLDER", description = "Instead of the setting thaw.home.")
    private Optional<String> home = Optional.empty();

    @Option(names = "--json", description = "Prints JSON: bytes as numbers, times as ISO 8601.")
    private boolean json;

    @Option(names = DEBUG, description = "Prints the log, and stack traces of failures.")
    @SuppressWarnings("UnusedVariable") // read from the arguments, before they are parsed
    private boolean debug;

    /** Never opens one store twice. */
    @Override
    public final Integer call() throws Exception {
        ThawConfig config = ThawConfig.load(name -> name.equals("thaw.home") ? home : Optional.empty());
        try (SnapshotStore store = SnapshotStore.open(config.home().resolve("snapshots"))) {
            return run(store, config);
        }
    }

    /** Returns the exit code. */
    abstract int run(SnapshotStore store, ThawConfig config) throws Exception;

    final boolean json() {
        return json;
    }

    final PrintWriter out() {
        return spec.commandLine().getOut();
    }

    final PrintWriter err() {
        return spec.commandLine().getErr();
    }

    final void print(ObjectNode document) {
        out().println(document.toPrettyString());
    }

    final Progress progress(String doing) {
        return Progress.on(err(), doing);
    }

    final UsageException usage(String message) {
        return new UsageException(message);
    }
}

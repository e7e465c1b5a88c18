// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What can be done with snapshots. */
@Command(
        name = "cache",
        description = "Looks after snapshots.",
        subcommands = {
            LsCommand.class,
            InspectCommand.class,
            DuCommand.class,
            VerifyCommand.class,
            DedupCommand.class,
            GcCommand.class,
            RmCommand.class,
            PinCommand.class,
            UnpinCommand.class
        },
        synopsisSubcommandLabel = "COMMAND")
final class CacheCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which command?");
    }
}

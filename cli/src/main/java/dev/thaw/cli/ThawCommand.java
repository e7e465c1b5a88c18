// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program itself, which only has commands. */
@Command(
        name = "thaw",
        description = "Looks after the frozen machines of this computer.",
        subcommands = {CacheCommand.class, DedupCommand.class},
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        scope = picocli.CommandLine.ScopeType.INHERIT,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:something is not as it should be: damage, or a snapshot that had to stay",
            "2:the command line or a setting makes no sense, or names no snapshot",
            "3:the store can't be used"
        },
        footerHeading = "%n",
        footer = "The store is where the setting thaw.home (THAW_HOME) says. More: docs/cli.md.")
final class ThawCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Which command?");
    }
}

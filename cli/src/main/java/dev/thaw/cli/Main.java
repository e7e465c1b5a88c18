// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import dev.thaw.snapshot.LockedException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.UnmatchedArgumentException;

/** Starts the command line: parses, runs, and turns failures into one line and an exit code. */
public final class Main {
    private static final String LOG_LEVEL = "org.slf4j.simpleLogger.defaultLogLevel";

    private Main() {}

    /** Ends the JVM with the command's exit code. */
    public static void main(String[] arguments) {
        // Before the first logger is made, as it reads this once.
        if (Arrays.asList(arguments).contains(StoreCommand.DEBUG)) {
            System.setProperty(LOG_LEVEL, "debug");
        }
        PrintWriter out = new PrintWriter(System.out, false, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        int code = commandLine(out, err).execute(arguments);
        out.flush();
        System.exit(code);
    }

    static CommandLine commandLine(PrintWriter out, PrintWriter err) {
        return new CommandLine(new ThawCommand())
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(Main::usageError)
                .setExecutionExceptionHandler(Main::failure)
                .setExitCodeExceptionMapper(Main::exitCode);
    }

    private static int usageError(CommandLine.ParameterException e, String[] arguments) {
        CommandLine command = e.getCommandLine();
        print(command, e);
        if (!UnmatchedArgumentException.printSuggestions(e, command.getErr())) {
            CommandSpec spec = command.getCommandSpec();
            command.getErr().println("Try '" + spec.qualifiedName() + " --help'.");
        }
        return ExitCode.USAGE;
    }

    private static int failure(Exception e, CommandLine command, CommandLine.ParseResult parsed) {
        print(command, e);
        if (parsed.expandedArgs().contains(StoreCommand.DEBUG)) {
            e.printStackTrace(command.getErr());
        }
        return exitCode(e);
    }

    private static void print(CommandLine command, Exception e) {
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        command.getOut().flush();
        command.getErr().println("thaw: " + Printable.of(message));
    }

    /** What is wrong with settings comes as IllegalArgumentException, and what somebody else holds is no fault of the store. */
    private static int exitCode(Throwable e) {
        if (e instanceof UsageException || e instanceof IllegalArgumentException) {
            return ExitCode.USAGE;
        }
        return e instanceof LockedException ? ExitCode.FOUND : ExitCode.STORE;
    }
}

// SPDX-License-Identifier: Apache-2.0
/**
 * The command line: {@code thaw cache ls} and its like. Looks after the snapshots of this machine.
 *
 * <p>Start at {@link dev.thaw.cli.Main}. Each command is a class that opens the store, does one thing, and prints it as a table
 * or as JSON; one thread, one command. What users may rely on is in docs/cli.md: names of commands, options, fields
 * and exit codes.
 */
package dev.thaw.cli;

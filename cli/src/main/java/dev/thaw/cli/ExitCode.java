// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

/** How a command ends; documented in the help and in docs/cli.md. */
final class ExitCode {
    /** What was asked for has been done. */
    static final int DONE = 0;

    /** Something is not as it should be: damage, or a snapshot that had to stay. */
    static final int FOUND = 1;

    /** The command line or a setting makes no sense, or names no snapshot. */
    static final int USAGE = 2;

    /** The store can't be used. */
    static final int STORE = 3;

    private ExitCode() {}
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import java.io.PrintWriter;
import java.util.Locale;

/**
 * A bar on standard error, if that is a terminal: gone without a trace when it is closed. Thread-safe, as those who tell of
 * progress may be any threads.
 */
final class Progress implements AutoCloseable {
    /** Set by bin/thaw, which can ask: Java can't tell whether standard error is a terminal. */
    private static final String SETTING = "thaw.cli.progress";

    private static final int CELLS = 30;
    private static final int MAX_LABEL_CHARS = 34;
    private static final String ERASE_LINE = "\r\u001b[K";

    private final PrintWriter err;
    private final boolean shown;
    private String label;
    private double from;
    private double share = 1;
    private String last = "";

    private Progress(PrintWriter err, boolean shown, String label) {
        this.err = err;
        this.shown = shown;
        this.label = label;
    }

    static Progress on(PrintWriter err, String label) {
        return new Progress(err, Boolean.getBoolean(SETTING), label);
    }

    /** Goes on with the next one of several steps of equal length. */
    synchronized void step(int index, int count, String newLabel) {
        label = newLabel;
        from = (double) index / count;
        share = 1.0 / count;
        show(0);
    }

    /** How much of the step is done, from 0 to 1. */
    synchronized void show(double done) {
        if (!shown) {
            return;
        }
        double all = Math.min(1, Math.max(0, from + share * done));
        int full = (int) (all * CELLS);
        String text = label.length() > MAX_LABEL_CHARS ? label.substring(0, MAX_LABEL_CHARS) : label;
        String line = String.format(
                Locale.ROOT, "%s [%s%s] %3d%%", text, "#".repeat(full), ".".repeat(CELLS - full), (int) (100 * all));
        if (!line.equals(last)) {
            err.print(ERASE_LINE + line);
            err.flush();
            last = line;
        }
    }

    /** Before something else is printed. */
    synchronized void clear() {
        if (!last.isEmpty()) {
            err.print(ERASE_LINE);
            err.flush();
            last = "";
        }
    }

    @Override
    public void close() {
        clear();
    }
}

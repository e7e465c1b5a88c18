// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

/** Closes several things: all of them, whatever fails. The first failure is thrown at the end, the rest are added to it. */
final class Closing {
    private RuntimeException first;

    /** Closes something on the way out after a failure, to which its own is added. */
    static void after(Throwable failure, Runnable close) {
        try {
            close.run();
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    void run(Runnable close) {
        try {
            close.run();
        } catch (RuntimeException e) {
            if (first == null) {
                first = e;
            } else {
                first.addSuppressed(e);
            }
        }
    }

    void end() {
        if (first != null) {
            throw first;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.guest;

/** Kinds of streams. Source: docs/guest-channel.md. */
final class Kind {
    static final int RESUME = 1;
    static final int START = 2;
    static final int WAIT = 3;
    static final int EXEC = 4;
    static final int CONNECT = 5;
    static final int LOGS = 6;
    static final int LISTENING = 7;
    static final int QUIESCE = 8;
    static final int STATS = 9;
    static final int PAUSE = 10;

    private Kind() {}
}

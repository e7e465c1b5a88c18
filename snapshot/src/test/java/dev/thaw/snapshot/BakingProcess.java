// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The main class of a JVM that bakes: {@code STORE [STEP]}. Says "ready" and waits for a line, bakes, saying "baking"
 * when it is its turn, and says "done". After the step it says "reached" and stops until it is killed.
 */
final class BakingProcess {
    private BakingProcess() {}

    public static void main(String[] arguments) throws IOException {
        Step.Observer observer = step -> {
            if (arguments.length > 1 && step == Step.valueOf(arguments[1])) {
                say("reached");
                await();
            }
        };
        try (SnapshotStore store = SnapshotStore.open(Path.of(arguments[0]), StoreOptions.DEFAULT, observer)) {
            say("ready");
            await();
            store.findOrBake(Bakes.key("redis"), Bakes.TIMEOUT, draft -> {
                say("baking");
                Bakes.small(draft);
            });
            say("done");
        }
    }

    static void say(String line) {
        System.out.println(line);
    }

    static void await() {
        try {
            if (System.in.read() < 0) {
                // The test has gone.
                Runtime.getRuntime().halt(1);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}

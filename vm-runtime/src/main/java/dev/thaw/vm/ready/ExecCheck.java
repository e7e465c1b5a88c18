// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.ready;

import dev.thaw.vm.ExecResult;
import dev.thaw.vm.ExecSpec;
import dev.thaw.vm.guest.ExecCall;
import dev.thaw.vm.guest.GuestRefusedException;
import dev.thaw.vm.instance.Instance;
import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.lifecycle.Deadline;
import dev.thaw.vm.log.Printable;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** A command in the guest exits with status 0. */
final class ExecCheck implements ReadyCheck {
    private final Instance instance;
    private final List<String> argv;
    private final Duration timeout;
    private final String name;
    private String seen = "it was not run yet";

    ExecCheck(Instance instance, List<String> argv, Duration timeout, String name) {
        this.instance = instance;
        this.argv = argv;
        this.timeout = timeout;
        this.name = name;
    }

    @Override
    public boolean isReady(Deadline deadline) throws IOException {
        ExecCall call = instance.guest().exec(ExecSpec.of(argv.toArray(String[]::new)));
        Duration limit = deadline.left(SHORTEST_LOOK, timeout);
        try {
            ExecResult result = Await.get(call.result(), Deadline.in(limit), "its exit");
            seen = "it exited with status " + result.exitCode() + " and said '"
                    + Printable.of((result.stdout() + result.stderr()).strip()) + "'";
            return result.exitCode() == 0;
        } catch (Await.TimedOutException e) {
            call.kill("it took longer than " + limit.toMillis() + " ms");
            seen = "it took longer than " + limit.toMillis() + " ms and was killed";
            return false;
        } catch (GuestRefusedException e) {
            seen = "it could not be run: " + e.getMessage();
            return false;
        }
    }

    @Override
    public Duration interval() {
        return Duration.ofMillis(250);
    }

    @Override
    public String describe() {
        return name + " to exit with status 0 (" + seen + ")";
    }
}

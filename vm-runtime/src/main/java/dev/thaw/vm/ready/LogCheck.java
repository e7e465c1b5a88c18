// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.ready;

import dev.thaw.vm.LogLine;
import dev.thaw.vm.Wait;
import dev.thaw.vm.instance.Instance;
import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.lifecycle.Deadline;
import dev.thaw.vm.log.LogBuffer;
import java.io.IOException;
import java.time.Duration;
import java.util.regex.Pattern;

/** Lines of the log match. */
final class LogCheck implements ReadyCheck {
    private static final Duration LOOK = Duration.ofMillis(100);

    private final Instance instance;
    private final Wait.Log wait;
    private final Pattern pattern;
    private long next;
    private int matches;

    LogCheck(Instance instance, Wait.Log wait) {
        this.instance = instance;
        this.wait = wait;
        this.pattern = Pattern.compile(wait.regex());
    }

    @Override
    public boolean isReady(Deadline deadline) throws IOException {
        try {
            LogBuffer.Batch batch = instance.log().await(next, min(LOOK, deadline.left()));
            next = batch.next();
            for (LogLine line : batch.lines()) {
                if (pattern.matcher(line.text()).find()) {
                    matches++;
                }
            }
            return matches >= wait.times();
        } catch (InterruptedException e) {
            throw Await.interrupted(describe(), e);
        }
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    /** The log itself was waited for already. */
    @Override
    public Duration interval() {
        return Duration.ofNanos(1);
    }

    @Override
    public String describe() {
        return "the log to match '" + wait.regex() + "' " + wait.times() + " times (it did " + matches + " times)";
    }
}

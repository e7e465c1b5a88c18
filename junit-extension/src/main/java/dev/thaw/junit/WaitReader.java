// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import dev.thaw.vm.Wait;
import java.util.ArrayList;
import java.util.List;

/** Turns {@link WaitFor} into the runtime's {@link Wait}. */
final class WaitReader {
    private static final int HTTP_OK = 200;

    private WaitReader() {}

    /** @throws IllegalArgumentException if it is not exactly one condition, or one that makes no sense */
    static Wait read(WaitFor wait) {
        List<String> conditions = conditions(wait);
        if (conditions.size() != 1) {
            throw new IllegalArgumentException(
                    "a @WaitFor has exactly one of port, log, http and exec, and this one has "
                            + (conditions.isEmpty() ? "none" : String.join(" and ", conditions))
                            + ". Write one for each condition: waitFor = {@WaitFor(port = 8080), @WaitFor(log = \"ready\")}.");
        }
        String condition = conditions.get(0);
        if (wait.times() != 1 && !condition.equals("log")) {
            throw new IllegalArgumentException("a @WaitFor has times with log only, and this one has it with "
                    + condition + ". Write @WaitFor(log = \"ready\", times = " + wait.times() + ").");
        }
        if (wait.status() != HTTP_OK && !condition.equals("http")) {
            throw new IllegalArgumentException("a @WaitFor has status with http only, and this one has it with "
                    + condition + ". Write @WaitFor(http = \"/\", status = " + wait.status() + ").");
        }
        return switch (condition) {
            case "log" -> Wait.log(wait.log()).times(wait.times());
            case "http" -> Wait.http(wait.http()).port(wait.port()).status(wait.status());
            case "exec" -> Wait.exec(wait.exec());
            default -> Wait.port(wait.port());
        };
    }

    private static List<String> conditions(WaitFor wait) {
        List<String> conditions = new ArrayList<>();
        if (wait.port() != 0 && wait.http().isEmpty()) {
            conditions.add("port");
        }
        if (!wait.log().isEmpty()) {
            conditions.add("log");
        }
        if (!wait.http().isEmpty()) {
            conditions.add("http");
        }
        if (wait.exec().length > 0) {
            conditions.add("exec");
        }
        return conditions;
    }
}

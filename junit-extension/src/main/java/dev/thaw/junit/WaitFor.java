// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * One condition that makes a service ready. Has exactly one of {@link #port}, {@link #log}, {@link #http} and {@link
 * #exec}; {@code port} goes with {@code http}, too.
 *
 * <pre>{@code
 * @WaitFor(port = 6379)
 * @WaitFor(log = "ready to accept connections", times = 2)
 * @WaitFor(http = "/health", port = 8080, status = 204)
 * @WaitFor(exec = {"redis-cli", "ping"})
 * }</pre>
 */
@Target({})
@Retention(RetentionPolicy.RUNTIME)
@Documented
public @interface WaitFor {

    /** This TCP port of the guest is listening. With {@link #http}: the port that is asked; 0 is the VM's first. */
    int port() default 0;

    /** A line of the service's output has a match of this regular expression. */
    String log() default "";

    /** How many lines have to match {@link #log}. */
    int times() default 1;

    /** {@code GET} of this path is answered with {@link #status}. */
    String http() default "";

    /** The status that {@link #http} waits for, 100 to 599. */
    int status() default 200;

    /** This command exits with status 0 in the guest; it is tried again until it does. */
    String[] exec() default {};
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.lifecycle;

import java.time.Duration;

/** A point in time that waits count down to, by the monotonic clock. Immutable. */
public final class Deadline {
    private final long startNanos;
    private final Duration limit;

    private Deadline(Duration limit) {
        this.startNanos = System.nanoTime();
        this.limit = limit;
    }

    /** So much time from now. */
    public static Deadline in(Duration limit) {
        return new Deadline(limit);
    }

    /** So much time from now, or this deadline if it comes before. */
    public Deadline atMost(Duration shorter) {
        Duration left = left();
        return in(left.compareTo(shorter) < 0 ? left : shorter);
    }

    /** The whole time that was given. */
    public Duration limit() {
        return limit;
    }

    public Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - startNanos);
    }

    /** What is left; zero once it is over. */
    public Duration left() {
        Duration left = limit.minus(elapsed());
        return left.isNegative() ? Duration.ZERO : left;
    }

    /** What is left, within bounds: a last try that got no time at all would only say that it had none. */
    public Duration left(Duration atLeast, Duration atMost) {
        Duration left = left();
        if (left.compareTo(atLeast) < 0) {
            return atLeast;
        }
        return left.compareTo(atMost) > 0 ? atMost : left;
    }

    public boolean isOver() {
        return left().isZero();
    }
}

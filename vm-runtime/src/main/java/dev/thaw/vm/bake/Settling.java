// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.bake;

import dev.thaw.vm.guest.GuestStats;
import dev.thaw.vm.guest.ServiceState;
import dev.thaw.vm.instance.Instance;
import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.lifecycle.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time between "ready" and the freeze. A service that listens has often not finished its start: Redis opens its port
 * before it starts its threads and its Lua engine. Frozen then, every thawed copy would have to do the rest first,
 * which took 120 ms instead of 20 under emulation. So the service gets the time to come to rest, once.
 */
final class Settling {
    private static final Logger LOG = LoggerFactory.getLogger(Settling.class);
    private static final Duration WINDOW = Duration.ofMillis(250);
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final Duration TOUCH_LIMIT = Duration.ofSeconds(2);
    private static final double RESTING = 0.85;
    private static final int WINDOWS_AT_REST = 2;

    private final Instance instance;
    private final int cpus;

    Settling(Instance instance, int cpus) {
        this.instance = instance;
        this.cpus = cpus;
    }

    /**
     * Waits until the guest's CPUs are nearly idle, connects once to each port, so that the way to the service is in
     * memory at the freeze, and waits again. A service that never rests is frozen as it is.
     */
    void settle(Collection<Integer> ports, Deadline deadline) throws IOException {
        Deadline limit = deadline.atMost(LIMIT);
        CompletableFuture<ServiceState> exit = instance.serviceExit();
        awaitRest(exit, limit);
        for (int port : ports) {
            touch(port, limit.atMost(TOUCH_LIMIT));
        }
        awaitRest(exit, limit);
    }

    private void touch(int port, Deadline deadline) throws IOException {
        try {
            Await.get(instance.guest().touch(port), deadline, "port " + port + " to end a connection");
        } catch (Await.TimedOutException e) {
            LOG.debug("Port {} of {} keeps a connection that its peer has closed.", port, instance.id(), e);
        }
    }

    private void awaitRest(CompletableFuture<ServiceState> exit, Deadline limit) throws IOException {
        int windows = 0;
        GuestStats before = stats();
        while (windows < WINDOWS_AT_REST) {
            if (limit.isOver()) {
                LOG.info(
                        "{} did not come to rest within {} ms and is frozen while it works.",
                        instance.id(),
                        limit.limit().toMillis());
                return;
            }
            passWindow(exit);
            GuestStats now = stats();
            windows = idleShare(before, now) >= RESTING ? windows + 1 : 0;
            before = now;
        }
    }

    private GuestStats stats() throws IOException {
        return Await.get(instance.guest().stats(), Deadline.in(LIMIT), "the guest's statistics");
    }

    private double idleShare(GuestStats before, GuestStats now) {
        double passed = now.uptime().minus(before.uptime()).toNanos();
        return now.idle().minus(before.idle()).toNanos() / (passed * cpus);
    }

    private void passWindow(CompletableFuture<ServiceState> exit) throws IOException {
        try {
            ServiceState state = Await.get(exit, Deadline.in(WINDOW), "the service's exit");
            throw new IOException("The service " + state.describe() + " right after it was ready.");
        } catch (Await.TimedOutException stillRunning) {
            // As it should be: the exit was only waited for to let the time pass.
            return;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.ready;

import dev.thaw.vm.instance.Instance;
import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.lifecycle.Deadline;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** Ports are listening, as the guest's own kernel tells; nothing connects to the service. */
final class PortsCheck implements ReadyCheck {
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(10);

    private final Instance instance;
    private final List<Integer> ports;
    private SortedSet<Integer> listening = new TreeSet<>();

    PortsCheck(Instance instance, List<Integer> ports) {
        this.instance = instance;
        this.ports = ports;
    }

    @Override
    public boolean isReady(Deadline deadline) throws IOException {
        listening = Await.get(instance.guest().listening(), Deadline.in(ANSWER_LIMIT), "the list of listening ports");
        return listening.containsAll(ports);
    }

    @Override
    public Duration interval() {
        return Duration.ofMillis(20);
    }

    @Override
    public String describe() {
        return "the ports " + ports + " to be listening in the guest (listening are " + listening + ")";
    }
}

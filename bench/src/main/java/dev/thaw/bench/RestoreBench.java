// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import dev.thaw.vm.Thaw;
import dev.thaw.vm.Vm;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.testcontainers.containers.GenericContainer;

/**
 * How soon a service answers, and how soon it is gone again: thawed, and in a container.
 *
 * <p>Both sides run in this JVM, warmed up, and take turns, so that the machine's moods hit both alike. "Ready" is from
 * the call that starts the service to the first correct answer through the host's port; "cycle" goes on until
 * everything is stopped and removed.
 */
public final class RestoreBench {
    private static final int WARM_UPS = 10;
    private static final int RUNS = 20;

    private RestoreBench() {}

    /** One side's times for one service. */
    private static final class Times {
        private final Series ready = new Series();
        private final Series cycle = new Series();
    }

    private record Row(String service, Times ours, Times peer) {
        double readyRatio() {
            return peer.ready.medianMillis() / ours.ready.medianMillis();
        }

        double cycleRatio() {
            return peer.cycle.medianMillis() / ours.cycle.medianMillis();
        }
    }

    /** Starts the service, waits for its answer, stops it. */
    private interface Cycle {
        void run(Times times) throws Exception;
    }

    /**
     * Measures and prints.
     *
     * @param args the folder that holds the images redis and postgres as OCI layouts
     */
    public static void main(String[] args) throws Exception {
        List<Row> rows = new ArrayList<>();
        try (Thaw thaw = Thaw.open()) {
            for (Service service : Service.all(Path.of(args[0]).toAbsolutePath().normalize())) {
                thaw.bake(service.spec());
                rows.add(measure(service, times -> thawed(thaw, service, times), times -> contained(service, times)));
            }
        }
        print(rows);
    }

    private static Row measure(Service service, Cycle ours, Cycle peer) throws Exception {
        for (int i = 0; i < WARM_UPS; i++) {
            ours.run(new Times());
            peer.run(new Times());
        }
        Row row = new Row(service.name(), new Times(), new Times());
        for (int i = 0; i < RUNS; i++) {
            ours.run(row.ours);
            peer.run(row.peer);
        }
        return row;
    }

    private static void thawed(Thaw thaw, Service service, Times times) throws Exception {
        long start = System.nanoTime();
        try (Vm vm = thaw.start(service.spec())) {
            InetSocketAddress address = vm.port(service.port());
            service.requireAnswer(address.getHostString(), address.getPort());
            times.ready.add(since(start));
        }
        times.cycle.add(since(start));
    }

    private static void contained(Service service, Times times) throws Exception {
        long start = System.nanoTime();
        try (GenericContainer<?> container = service.container()) {
            container.start();
            service.requireAnswer(container.getHost(), container.getMappedPort(service.port()));
            times.ready.add(since(start));
        }
        times.cycle.add(since(start));
    }

    private static Duration since(long startNanos) {
        return Duration.ofNanos(System.nanoTime() - startNanos);
    }

    private static void print(List<Row> rows) {
        System.out.printf(
                Locale.ROOT,
                "%n%-10s %-6s | %28s | %28s | %s%n",
                "service",
                "ms",
                "thawed: best, median, worst",
                "container: best, median, worst",
                "ratio of medians");
        StringBuilder last = new StringBuilder("restore");
        for (Row row : rows) {
            print(row.service, "ready", row.ours.ready, row.peer.ready);
            print(row.service, "cycle", row.ours.cycle, row.peer.cycle);
            last.append(String.format(Locale.ROOT, " %s_ratio=%.2f", row.service, row.readyRatio()));
        }
        for (Row row : rows) {
            last.append(String.format(Locale.ROOT, " %s_cycle_ratio=%.2f", row.service, row.cycleRatio()));
        }
        System.out.printf("%n%d runs each after %d to warm up, taking turns.%n%s%n", RUNS, WARM_UPS, last);
    }

    private static void print(String service, String what, Series ours, Series peer) {
        System.out.printf(
                Locale.ROOT,
                "%-10s %-6s | %8.0f %9.0f %9.0f | %10.0f %9.0f %9.0f | %.2f%n",
                service,
                what,
                ours.bestMillis(),
                ours.medianMillis(),
                ours.worstMillis(),
                peer.bestMillis(),
                peer.medianMillis(),
                peer.worstMillis(),
                peer.medianMillis() / ours.medianMillis());
    }
}

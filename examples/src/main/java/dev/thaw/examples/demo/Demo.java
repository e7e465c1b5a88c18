// SPDX-License-Identifier: Apache-2.0
package dev.thaw.examples.demo;

import dev.thaw.vm.StartReport;
import dev.thaw.vm.Thaw;
import dev.thaw.vm.Vm;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Thaws each service several times and prints a table of what took how long. */
public final class Demo {
    private static final int ROUNDS = 5;

    private Demo() {}

    /**
     * What was measured of one service.
     *
     * @param restore median, as the VM's own report has it
     * @param answer median, from the call until the first right answer
     */
    private record Figures(String name, Duration bake, Duration coldBoot, Duration restore, Duration answer) {}

    public static void main(String[] args) throws SQLException {
        List<Figures> all = new ArrayList<>();
        try (Thaw thaw = Thaw.open()) {
            for (Service service : List.of(Service.redis(), Service.postgres())) {
                thaw.bake(service.spec());
                all.add(measure(thaw, service));
            }
        }
        Table table = new Table("image", "bake", "cold boot", "restore", "first answer");
        for (Figures figures : all) {
            Stream<Duration> times = Stream.of(figures.bake, figures.coldBoot, figures.restore, figures.answer);
            table.add(figures.name, times.map(Table::text).toArray(String[]::new));
        }
        System.out.println();
        System.out.print(table);
        System.out.println();
        System.out.println("bake: once, from the start to a snapshot on disk. cold boot: the part of it that every");
        System.out.println(
                "start would take without a snapshot. restore and first answer: medians of " + ROUNDS + ", each");
        System.out.println(
                "with a machine of its own; first answer is from the call to PONG, or to a row of select 1.");
    }

    /** The first round is not counted: it loads the drivers' classes. */
    private static Figures measure(Thaw thaw, Service service) throws SQLException {
        List<Duration> restores = new ArrayList<>();
        List<Duration> answers = new ArrayList<>();
        StartReport report = null;
        for (int round = 0; round <= ROUNDS; round++) {
            long start = System.nanoTime();
            try (Vm vm = thaw.start(service.spec())) {
                service.question().ask(vm);
                Duration answer = Duration.ofNanos(System.nanoTime() - start);
                report = vm.startReport();
                if (round > 0) {
                    answers.add(answer);
                    restores.add(report.restore());
                }
            }
        }
        return new Figures(service.name(), report.bake(), report.coldBoot(), median(restores), median(answers));
    }

    private static Duration median(List<Duration> durations) {
        return durations.stream().sorted().toList().get(durations.size() / 2);
    }
}

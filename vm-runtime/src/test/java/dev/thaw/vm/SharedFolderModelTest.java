// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.vm.testing.FileCommands;
import dev.thaw.vm.testing.Operator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random operations on a shared folder, by the guest and by the host in turns, and the same ones on a plain folder: each has the
 * outcome that it has there, and after it either side sees what is there, in its caches or not.
 */
class SharedFolderModelTest {
    private static final String SEED = "thaw.test.seed";
    private static final String STEPS = "thaw.test.steps";
    /** What each side does at once with the other one, before both look. */
    private static final int AT_ONCE = 20;

    private static final int PATIENCE_SECONDS = 60;

    @TempDir
    Path temp;

    private final List<String> done = new ArrayList<>();
    private Random random;
    private FileCommands commands;
    private Operator guest;
    private Operator host;
    private Operator model;

    @Test
    void both_sides_see_what_either_does() throws Exception {
        run(Integer.getInteger(STEPS, 400));
    }

    @Tag("nightly")
    @Test
    void both_sides_see_what_either_does_for_long() throws Exception {
        run(Integer.getInteger(STEPS, 20_000));
    }

    /** What either's operations come to is not known then. */
    @Test
    void both_sides_see_the_same_after_they_have_been_at_it_at_once() throws Exception {
        together(Integer.getInteger(STEPS, 400));
    }

    @Tag("nightly")
    @Test
    void both_sides_see_the_same_after_they_have_been_at_it_at_once_for_long() throws Exception {
        together(Integer.getInteger(STEPS, 20_000));
    }

    private interface Body {
        void run() throws Exception;
    }

    private void run(int steps) throws Exception {
        with(steps, () -> {
            for (int i = 0; i < steps; i++) {
                step();
                // Not after each, so that several changes come between two looks, too.
                if (random.nextInt(3) == 0) {
                    look();
                }
            }
            look();
        });
    }

    private void together(int steps) throws Exception {
        with(steps, () -> {
            ExecutorService other = Executors.newSingleThreadExecutor();
            try {
                for (int i = 0; i < steps; i += 2 * AT_ONCE) {
                    done.clear();
                    List<String> byHost = some(false);
                    Future<List<String>> onHost = other.submit(() -> all(host, byHost));
                    List<String> answers = all(guest, some(true));
                    done.addAll(onHost.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
                    done.addAll(answers);
                    lookAtBoth();
                }
            } finally {
                other.shutdownNow();
            }
        });
    }

    private List<String> some(boolean byGuest) {
        return Stream.generate(() -> commands.next(byGuest)).limit(AT_ONCE).toList();
    }

    private static List<String> all(Operator operator, List<String> commands) throws IOException {
        List<String> answers = new ArrayList<>();
        for (String command : commands) {
            answers.add(shortened(command) + ": " + shortened(operator.ask(command)));
        }
        return answers;
    }

    private void with(int steps, Body body) throws Exception {
        long seed = Long.getLong(SEED, System.nanoTime());
        System.out.println("SharedFolderModelTest: -D" + SEED + "=" + seed + " -D" + STEPS + "=" + steps);
        random = new Random(seed);
        commands = new FileCommands(random);
        Path shared = Files.createDirectory(temp.resolve("shared"));
        Path plain = Files.createDirectory(temp.resolve("plain"));
        Path program = Operator.compile(Files.createDirectory(temp.resolve("program")));
        try (Thaw thaw = Thaw.open();
                Vm vm = thaw.start(Operator.spec(program, shared));
                Operator inGuest = Operator.in(vm);
                Operator onHost = Operator.here(program, shared);
                Operator onPlain = Operator.here(program, plain)) {
            guest = inGuest;
            host = onHost;
            model = onPlain;
            body.run();
        }
    }

    private void step() throws IOException {
        boolean byGuest = random.nextBoolean();
        String command = commands.next(byGuest);
        done.add((byGuest ? "guest: " : "host: ") + shortened(command));
        then((byGuest ? guest : host).ask(command)).as(this::story).isEqualTo(model.ask(command));
    }

    /** All that there is, and what is open. What a file's time is only the shared folder can tell. */
    private void look() throws IOException {
        String expected = model.ask("tree .");
        String seen = lookAtBoth();
        then(lines(withoutTimes(seen))).as(this::story).isEqualTo(lines(withoutTimes(expected)));
        for (int slot = 0; slot < FileCommands.SLOTS; slot++) {
            Operator holder = slot < FileCommands.SLOTS / 2 ? guest : host;
            String open = "held-read " + slot;
            then(holder.ask(open)).as(this::story).isEqualTo(model.ask(open));
        }
    }

    private String lookAtBoth() throws IOException {
        String there = host.ask("tree .");
        String seen = guest.ask("tree .");
        then(lines(seen)).as(this::story).isEqualTo(lines(there));
        return seen;
    }

    private static String shortened(String command) {
        return command.length() < 80 ? command : command.substring(0, 80) + "... (" + command.length() + ")";
    }

    private static List<String> lines(String tree) {
        return List.of(tree.split(";", -1));
    }

    /** Kind and permissions, links and size stay. */
    private static String withoutTimes(String tree) {
        return tree.replaceAll(" \\d+\\.\\d{9}(?=[ ;])", "");
    }

    private String story() {
        return "after " + done.size() + " steps, of which the last are\n"
                + String.join("\n", done.subList(Math.max(0, done.size() - 2 * AT_ONCE), done.size())) + "\n";
    }
}

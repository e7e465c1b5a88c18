// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.vm.testing.Operator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
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
    private static final String[] NAMES = {"a", "b", "c", "d"};
    private static final String[] MODES = {"644", "600", "755", "640", "666"};
    private static final int SLOTS = 4;
    private static final int LARGEST = 9000;

    @TempDir
    Path temp;

    private final List<String> done = new ArrayList<>();
    private Random random;
    private Operator guest;
    private Operator host;
    private Operator model;

    @Test
    void both_sides_see_what_either_does() throws IOException {
        run(Integer.getInteger(STEPS, 400));
    }

    @Tag("nightly")
    @Test
    void both_sides_see_what_either_does_for_long() throws IOException {
        run(Integer.getInteger(STEPS, 20_000));
    }

    private void run(int steps) throws IOException {
        long seed = Long.getLong(SEED, System.nanoTime());
        System.out.println("SharedFolderModelTest: -D" + SEED + "=" + seed + " -D" + STEPS + "=" + steps);
        random = new Random(seed);
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
            for (int i = 0; i < steps; i++) {
                step();
                // Not after each, so that several changes come between two looks, too.
                if (random.nextInt(3) == 0) {
                    look();
                }
            }
            look();
        }
    }

    private void step() throws IOException {
        boolean byGuest = random.nextBoolean();
        String command = command(byGuest);
        done.add((byGuest ? "guest: " : "host: ") + shortened(command));
        then((byGuest ? guest : host).ask(command)).as(this::story).isEqualTo(model.ask(command));
    }

    /** All that there is, and what is open. What a file's time is only the shared folder can tell. */
    private void look() throws IOException {
        String expected = model.ask("tree .");
        String there = host.ask("tree .");
        String seen = guest.ask("tree .");
        then(lines(seen)).as(this::story).isEqualTo(lines(there));
        then(lines(withoutTimes(seen))).as(this::story).isEqualTo(lines(withoutTimes(expected)));
        for (int slot = 0; slot < SLOTS; slot++) {
            Operator holder = slot < SLOTS / 2 ? guest : host;
            String open = "held-read " + slot;
            then(holder.ask(open)).as(this::story).isEqualTo(model.ask(open));
        }
    }

    private String command(boolean byGuest) {
        String path = path();
        // Either side has handles of its own; the model has all of them.
        int slot = random.nextInt(SLOTS / 2) + (byGuest ? 0 : SLOTS / 2);
        return switch (random.nextInt(28)) {
            case 0, 1 -> "create " + path;
            case 2 -> "write " + path + " " + random.nextInt(LARGEST) + " " + data();
            case 3 -> "append " + path + " " + data();
            case 4 -> "truncate " + path + " " + random.nextInt(LARGEST);
            case 5, 6 -> "rename " + path + " " + path();
            case 7 -> "replace " + path + " " + data();
            case 8, 9 -> "rewrite " + path + " " + data();
            case 10 -> "rewrite-sync " + path + " " + data();
            case 11 -> "link " + path + " " + path();
            case 12 -> "symlink " + path + " " + path();
            case 13, 14 -> "mkdir " + path;
            case 15 -> "rmdir " + path;
            case 16 -> "unlink " + path;
            case 17 -> "chmod " + path + " " + MODES[random.nextInt(MODES.length)];
            case 18 -> "list " + path;
            // The host's kernel tells nobody of what its programs write through mappings.
            case 19 -> byGuest ? "map " + path + " " + random.nextInt(LARGEST / 4) + " " + data() : "read " + path;
            case 20 -> "read " + path;
            case 21, 22 -> "hold " + slot + " " + path;
            case 23 -> "held-write " + slot + " " + random.nextInt(LARGEST) + " " + data();
            case 24 -> "held-truncate " + slot + " " + random.nextInt(LARGEST);
            case 25 -> "held-map " + slot;
            default -> "held-read " + slot;
        };
    }

    private String path() {
        StringBuilder path = new StringBuilder(NAMES[random.nextInt(NAMES.length)]);
        while (random.nextInt(3) == 0) {
            path.append('/').append(NAMES[random.nextInt(NAMES.length)]);
        }
        return path.toString();
    }

    private String data() {
        String letter = String.valueOf((char) ('a' + random.nextInt(26)));
        return letter.repeat(1 + random.nextInt(random.nextInt(4) == 0 ? LARGEST : 20));
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
                + String.join("\n", done.subList(Math.max(0, done.size() - 12), done.size())) + "\n";
    }
}

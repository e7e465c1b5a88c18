// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.vm.testing.Operator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a guest's programs reach through a share while its folders are swapped against ways out of it. */
class SharedFolderConfinementTest {
    private static final String SECRET = "not for guests";
    private static final Duration AT_LEAST = Duration.ofSeconds(3);
    private static final int FOUND_AT_LEAST = 3;
    /** Between two swaps, so that the guest is told of less than it can take. */
    private static final long PAUSE_NANOS = 5_000_000;

    private static final int PATIENCE_SECONDS = 120;

    @TempDir
    Path temp;

    private final AtomicBoolean end = new AtomicBoolean();
    private Path shared;
    private Path outside;

    @Test
    void a_guest_that_hammers_folders_which_are_swapped_against_symlinks_stays_inside() throws Exception {
        // GIVEN one folder that the host swaps against a way out, and one that the guest does
        shared = Files.createDirectory(temp.resolve("shared"));
        outside = Files.createDirectory(temp.resolve("outside"));
        Files.writeString(Files.createDirectory(outside.resolve("sub")).resolve("file"), SECRET);
        for (String one : List.of("host", "guest")) {
            Path sub = Files.createDirectories(shared.resolve(one).resolve("sub"));
            Files.writeString(sub.resolve("file"), "inside");
            Files.createSymbolicLink(shared.resolve(one + "-out"), Path.of("../outside"));
        }
        Map<String, String> before = state();
        Path program = Operator.compile(Files.createDirectory(temp.resolve("program")));
        // WHEN
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (Thaw thaw = Thaw.open();
                Vm vm = thaw.start(Operator.spec(program, shared))) {
            Future<?> swapping = threads.submit(this::swapOnHost);
            Future<?> inGuest = threads.submit(() -> swapInGuest(vm));
            List<Future<?>> hammers =
                    List.of(threads.submit(() -> hammer(vm, "host")), threads.submit(() -> hammer(vm, "guest")));
            for (Future<?> one : hammers) {
                one.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            }
            end.set(true);
            swapping.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            inGuest.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } finally {
            end.set(true);
            threads.shutdownNow();
        }
        // THEN
        then(state()).isEqualTo(before);
    }

    private Void swapOnHost() throws IOException {
        Path folder = shared.resolve("host");
        Path aside = shared.resolve("host-aside");
        Path out = shared.resolve("host-out");
        while (!end.get()) {
            Files.move(folder, aside);
            Files.move(out, folder, StandardCopyOption.ATOMIC_MOVE);
            Files.move(folder, out, StandardCopyOption.ATOMIC_MOVE);
            Files.move(aside, folder);
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        return null;
    }

    private Void swapInGuest(Vm vm) throws IOException {
        try (Operator guest = Operator.in(vm)) {
            while (!end.get()) {
                for (String command : List.of(
                        "rename guest guest-aside",
                        "rename guest-out guest",
                        "rename guest guest-out",
                        "rename guest-aside guest")) {
                    then(guest.ask(command)).isEqualTo("ok");
                }
            }
        }
        return null;
    }

    /** All that a program can do with a folder's path, until it has found what is inside some times. */
    private Void hammer(Vm vm, String folder) throws IOException {
        long start = System.nanoTime();
        int inside = 0;
        try (Operator guest = Operator.in(vm)) {
            for (int i = 0; inside < FOUND_AT_LEAST || System.nanoTime() - start < AT_LEAST.toNanos(); i++) {
                then(end).as("told to end before enough was found").isFalse();
                String sub = folder + "/sub/";
                String made = sub + "made" + i;
                String read = guest.ask("read " + sub + "file");
                then(read).doesNotContain(SECRET);
                inside += read.equals("ok inside") ? 1 : 0;
                then(guest.ask("list " + sub)).doesNotContain(SECRET);
                for (String command : List.of(
                        "chmod " + sub + "file 640",
                        "rewrite " + made + " by-the-guest",
                        "append " + made + " more",
                        "link " + sub + "file " + made + "-link",
                        "symlink " + made + "-soft file",
                        "mkdir " + made + "-folder",
                        "rename " + made + " " + made + "-moved",
                        "truncate " + made + "-moved 3",
                        "unlink " + made,
                        "unlink " + made + "-moved",
                        "unlink " + made + "-link",
                        "unlink " + made + "-soft",
                        "rmdir " + made + "-folder")) {
                    guest.ask(command);
                }
            }
        }
        return null;
    }

    /** All that is beside the share, with all that can be told of it but when it was read. */
    private Map<String, String> state() throws IOException {
        Map<String, String> all = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(outside)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                String attributes = "unix:mode,ino,nlink,uid,gid,size,lastModifiedTime,ctime";
                all.put(
                        outside.relativize(path).toString(),
                        new TreeMap<>(Files.readAttributes(path, attributes, LinkOption.NOFOLLOW_LINKS)).toString());
            }
        }
        return all;
    }
}

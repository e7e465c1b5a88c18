// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.vm.testing.Operator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What either side has written before it speaks to the other one is what that one reads, each single time: a test writes and
 * calls the service by its port, a service writes and answers. Nothing waits or is tried again here.
 */
class SharedFolderOrderTest {
    private static final int SOME = 150;
    private static final int MANY = 10_000;
    /** Every so often the service is called by a new connection. */
    private static final int CALLS = 25;

    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz";

    @TempDir
    private static Path temp;

    private static Path shared;
    private static Thaw thaw;
    private static Vm vm;

    private Operator service;
    private Path folder;

    @BeforeAll
    static void start() throws IOException {
        shared = Files.createDirectory(temp.resolve("shared"));
        Path program = Operator.compile(Files.createDirectory(temp.resolve("program")));
        thaw = Thaw.open();
        vm = thaw.start(Operator.spec(program, shared));
    }

    @AfterAll
    static void stop() {
        thaw.close();
    }

    @BeforeEach
    void one_folder() throws IOException {
        folder = Files.createTempDirectory(shared, "round");
    }

    @Test
    void what_the_host_writes_before_it_calls_is_what_the_service_reads() throws IOException {
        hostWrites(SOME);
    }

    @Tag("nightly")
    @Test
    void what_the_host_writes_before_it_calls_is_what_the_service_reads_10_000_times() throws IOException {
        hostWrites(MANY);
    }

    @Test
    void what_the_service_writes_before_it_answers_is_what_the_host_reads() throws IOException {
        serviceWrites(SOME);
    }

    @Tag("nightly")
    @Test
    void what_the_service_writes_before_it_answers_is_what_the_host_reads_10_000_times() throws IOException {
        serviceWrites(MANY);
    }

    /** What is changed after the call is nobody's who calls. */
    @Test
    void a_host_that_never_rests_holds_no_call_up() throws Exception {
        // GIVEN
        AtomicBoolean end = new AtomicBoolean();
        Path restless = Files.createDirectory(folder.resolve("restless"));
        connect(0);
        thenService("list", restless, "ok");
        ExecutorService threads = Executors.newSingleThreadExecutor();
        try {
            Future<?> changing = threads.submit(() -> {
                for (int i = 0; !end.get(); i++) {
                    Files.writeString(restless.resolve("file" + i % 100), "x");
                    Files.delete(restless.resolve("file" + i % 100));
                }
                return null;
            });
            // WHEN
            for (int i = 0; i < 20; i++) {
                rewritten(file(i), text(i));
            }
            // THEN
            then(changing.isDone()).isFalse();
            end.set(true);
            changing.get(20, TimeUnit.SECONDS);
        } finally {
            end.set(true);
            threads.shutdownNow();
            service.close();
        }
    }

    /** One thing that the host does, and what the service has to see of it. */
    private interface HostStep {
        void run(Path file, String text) throws IOException;
    }

    private void hostWrites(int rounds) throws IOException {
        List<HostStep> steps = List.of(
                this::rewritten,
                this::replaced,
                this::grownAndShrunk,
                this::changedInPlace,
                this::deletedAndMadeAgain,
                this::listed,
                this::permitted,
                this::movedAbout,
                this::linked);
        for (int i = 0; i < rounds; i++) {
            connect(i);
            // A few files, so that each is met by each step, cached and not.
            steps.get(i % steps.size()).run(file(i), text(i));
        }
        service.close();
    }

    private void connect(int round) throws IOException {
        if (round % CALLS == 0) {
            if (service != null) {
                service.close();
            }
            service = Operator.in(vm);
        }
    }

    private Path file(int round) throws IOException {
        Path file = folder.resolve("file" + round % 4);
        if (!Files.exists(file)) {
            Files.writeString(file, "new");
        }
        return file;
    }

    private static String text(int round) {
        return round + LETTERS.substring(round % LETTERS.length());
    }

    private static String guestPath(Path file) {
        return shared.relativize(file).toString();
    }

    private void thenService(String command, Path file, String answer) throws IOException {
        then(service.ask(command + " " + guestPath(file))).isEqualTo(answer);
    }

    private void rewritten(Path file, String text) throws IOException {
        Files.writeString(file, text);
        thenService("read", file, "ok " + text);
    }

    private void replaced(Path file, String text) throws IOException {
        Path aside = folder.resolve("aside");
        Files.writeString(aside, text);
        Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
        thenService("read", file, "ok " + text);
        thenService("read", aside, "errno 2");
    }

    private void grownAndShrunk(Path file, String text) throws IOException {
        Files.writeString(file, text);
        thenService("read", file, "ok " + text);
        Files.writeString(file, "more", StandardOpenOption.APPEND);
        thenService("read", file, "ok " + text + "more");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(1);
        }
        thenService("read", file, "ok " + text.charAt(0));
    }

    /** Of one size and, as nothing else is done in between, often within one tick of the file system's clock. */
    private void changedInPlace(Path file, String text) throws IOException {
        Files.writeString(file, text);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (char letter = 'A'; letter < 'F'; letter++) {
                String other = String.valueOf(letter).repeat(text.length());
                channel.write(ByteBuffer.wrap(other.getBytes(US_ASCII)), 0);
                thenService("read", file, "ok " + other);
            }
        }
    }

    private void deletedAndMadeAgain(Path file, String text) throws IOException {
        Files.delete(file);
        thenService("read", file, "errno 2");
        Files.writeString(file, text);
        thenService("read", file, "ok " + text);
    }

    private void listed(Path file, String text) throws IOException {
        Path list = folder.resolve("list");
        Files.createDirectories(list);
        thenService("list", list, "ok");
        Path first = Files.createFile(list.resolve("1" + text));
        thenService("list", list, "ok " + first.getFileName());
        Path second = Files.move(file, list.resolve("2" + text));
        thenService("list", list, "ok " + first.getFileName() + " " + second.getFileName());
        Files.delete(first);
        thenService("list", list, "ok " + second.getFileName());
        Files.delete(second);
        thenService("list", list, "ok");
    }

    private void permitted(Path file, String text) throws IOException {
        for (String permissions : List.of("rw-------", "rw-r--r--")) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
            then(service.ask("stat " + guestPath(file)))
                    .startsWith(permissions.equals("rw-------") ? "ok 100600 " : "ok 100644 ");
        }
        Files.writeString(file, text);
        then(service.ask("stat " + guestPath(file))).startsWith("ok 100644 1 " + text.length() + " ");
    }

    private void movedAbout(Path file, String text) throws IOException {
        Path from = Files.createDirectories(folder.resolve("from/deep"));
        Files.writeString(from.resolve("file"), text);
        thenService("read", from.resolve("file"), "ok " + text);
        Path to = folder.resolve("to");
        Files.move(folder.resolve("from"), to);
        thenService("read", to.resolve("deep/file"), "ok " + text);
        thenService("read", from.resolve("file"), "errno 2");
        Files.move(to.resolve("deep/file"), file, StandardCopyOption.ATOMIC_MOVE);
        Files.delete(to.resolve("deep"));
        Files.delete(to);
        thenService("read", file, "ok " + text);
        thenService("list", to, "errno 2");
    }

    private void linked(Path file, String text) throws IOException {
        Path link = folder.resolve("link");
        for (int i = 0; i < 2; i++) {
            Files.writeString(file, text + i);
            Files.createSymbolicLink(link, file.getFileName());
            thenService("read", link, "ok " + text + i);
            Files.delete(link);
            Files.createLink(link, file);
            Files.writeString(file, text + "both");
            thenService("read", link, "ok " + text + "both");
            Files.delete(link);
            thenService("read", link, "errno 2");
        }
    }

    private void serviceWrites(int rounds) throws IOException {
        for (int i = 0; i < rounds; i++) {
            connect(i);
            Path file = file(i);
            String text = text(i);
            switch (i % 6) {
                case 0 -> written("rewrite", file, text);
                case 1 -> written("rewrite-sync", file, text);
                case 2 -> written("replace", file, text);
                case 3 -> addedAndCut(file, text);
                case 4 -> mapped(file, text);
                default -> namesChanged(file, text);
            }
        }
        service.close();
    }

    private void tell(String command, Path file, String more) throws IOException {
        then(service.ask(command + " " + guestPath(file) + more)).isEqualTo("ok");
    }

    private void written(String command, Path file, String text) throws IOException {
        tell(command, file, " " + text);
        then(Files.readString(file)).isEqualTo(text);
    }

    private void addedAndCut(Path file, String text) throws IOException {
        String before = Files.readString(file);
        tell("append", file, " " + text);
        then(Files.readString(file)).isEqualTo(before + text);
        tell("truncate", file, " 2");
        then(Files.readString(file)).isEqualTo((before + text).substring(0, 2));
    }

    /** Only closing the file afterwards has the pages written. */
    private void mapped(Path file, String text) throws IOException {
        String old = ".".repeat(text.length() + 2);
        Files.writeString(file, old);
        tell("map", file, " 1 " + text);
        then(Files.readString(file)).isEqualTo("." + text + ".");
    }

    private void namesChanged(Path file, String text) throws IOException {
        Path other = folder.resolve(text);
        tell("rename", file, " " + guestPath(other));
        then(file).doesNotExist();
        then(other).exists();
        tell("mkdir", file, "");
        then(file).isEmptyDirectory();
        tell("rmdir", file, "");
        tell("unlink", other, "");
        then(other).doesNotExist();
        tell("create", file, "");
        then(file).isEmptyFile();
        tell("chmod", file, " 600");
        then(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");
        tell("rewrite", file, " " + text);
        then(Files.readString(file)).isEqualTo(text);
    }
}

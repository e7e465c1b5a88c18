// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.thaw.vm.LogLine;
import dev.thaw.vm.Vm;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FailureReportTest {

    @WebServer
    static class Failing {
        @Test
        void fails(@Port(uri = "http://{host}:{port}/passwd") URI uri, Vm vm) throws IOException {
            Http.get(uri);
            awaitLine(vm, "response:200");
            throw new AssertionError("as expected");
        }
    }

    private static void awaitLine(Vm vm, String text) {
        await("a line with " + text)
                .atMost(Duration.ofSeconds(20))
                .until(() -> vm.logs().lines().stream().map(LogLine::text).anyMatch(line -> line.contains(text)));
    }

    @WebServer
    static class FailingBeforeAll {
        @BeforeAll
        static void fails() {
            throw new AssertionError("as expected");
        }

        @Test
        void is_not_run() {}
    }

    @WebServer
    static class FailingBeforeEach {
        @BeforeEach
        void fails() {
            throw new AssertionError("as expected");
        }

        @Test
        void is_not_run() {}
    }

    @WebServer
    static class FailingAfterEach {
        @Test
        void succeeds() {}

        @AfterEach
        void fails() {
            throw new AssertionError("as expected");
        }
    }

    @WebServer
    static class FailingAfterAll {
        @Test
        void succeeds() {}

        @AfterAll
        static void fails() {
            throw new AssertionError("as expected");
        }
    }

    @WebServer
    static class FailingConstructor {
        FailingConstructor() {
            throw new AssertionError("as expected");
        }

        @Test
        void is_not_run() {}
    }

    @WebServer
    @TestInstance(Lifecycle.PER_CLASS)
    static class FailingConstructorOfAll {
        FailingConstructorOfAll() {
            throw new AssertionError("as expected");
        }

        @Test
        void is_not_run() {}
    }

    @WebServer
    static class FailingTestFactory {
        @TestFactory
        DynamicTest fails() {
            return DynamicTest.dynamicTest("fails", () -> {
                throw new AssertionError("as expected");
            });
        }
    }

    @WebServer
    static class FailingFactoryMethod {
        @TestFactory
        DynamicTest fails() {
            throw new AssertionError("as expected");
        }
    }

    @WebServer
    static class FailingBeforeFactory {
        @BeforeEach
        void fails() {
            throw new AssertionError("as expected");
        }

        @TestFactory
        DynamicTest is_not_run() {
            throw new AssertionError("It is.");
        }
    }

    @WebServer
    static class FailingAfterFactory {
        @TestFactory
        DynamicTest succeeds() {
            return DynamicTest.dynamicTest("succeeds", () -> {});
        }

        @AfterEach
        void fails() {
            throw new AssertionError("as expected");
        }
    }

    @WebServer
    static class FailingInside {
        @Nested
        class Inside {
            @Test
            void fails() {
                throw new AssertionError("as expected");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            classes = {
                Failing.class,
                FailingBeforeAll.class,
                FailingBeforeEach.class,
                FailingAfterEach.class,
                FailingAfterAll.class,
                FailingConstructor.class,
                FailingConstructorOfAll.class,
                FailingTestFactory.class,
                FailingFactoryMethod.class,
                FailingBeforeFactory.class,
                FailingAfterFactory.class,
                FailingInside.class
            })
    void whatever_fails_carries_one_note_for_the_vm(Class<?> testClass) {
        Run run = Run.of(testClass);

        Throwable failure = run.failure();
        assertThat(failure).isExactlyInstanceOf(AssertionError.class).hasMessage("as expected");
        assertThat(failure.getSuppressed()).hasSize(1);
        assertThat(failure.getSuppressed()[0]).isExactlyInstanceOf(FailureNote.class);
        assertThat(run.entries()).hasSize(1);
        assertThat(Path.of(run.entries().get(0).get("thaw.log")))
                .hasParent(Path.of("target/thaw/logs", testClass.getName()).toAbsolutePath())
                .isRegularFile();
    }

    @Test
    void the_note_says_which_vm_it_was_where_it_was_and_what_it_wrote_last() throws IOException {
        Run run = Run.of(Failing.class);

        Map<String, String> entry = run.entries().get(0);
        String id = entry.get("thaw.vm");
        Path folder = Path.of("target/thaw/logs", Failing.class.getName()).toAbsolutePath();
        assertThat(id).startsWith("busybox-");
        assertThat(entry)
                .containsEntry("thaw.image", WebServer.IMAGE)
                .containsEntry("thaw.log", folder.resolve(id + ".log").toString())
                .containsEntry("thaw.console", folder.resolve(id + ".console").toString());
        assertThat(entry.get("thaw.ports")).matches("8080 -> 127\\.0\\.0\\.1:\\d+");
        assertThat(entry.get("thaw.log.tail")).startsWith("  | serving /etc\n").contains("response:200");
        assertThat(run.failure().getSuppressed()[0])
                .hasMessage("VM " + id + " of " + WebServer.IMAGE + ", ports " + entry.get("thaw.ports") + "\n"
                        + "The end of its log, all of it in " + folder.resolve(id + ".log") + ":\n"
                        + entry.get("thaw.log.tail")
                        + console(folder.resolve(id + ".console"), entry.get("thaw.console.tail"))
                                .stripTrailing())
                .satisfies(note -> assertThat(note.getStackTrace()).isEmpty());
    }

    private static String console(Path file, String tail) {
        return tail == null ? "Its console is empty.\n" : "The end of its console, all of it in " + file + ":\n" + tail;
    }

    @Test
    void the_whole_log_outlives_the_vm() throws IOException {
        Run run = Run.of(Failing.class);

        assertThat(Path.of(run.entries().get(0).get("thaw.log")))
                .content()
                .startsWith("serving /etc\n")
                .contains("response:200");
        assertThat(Path.of(run.entries().get(0).get("thaw.console"))).isRegularFile();
    }

    @Test
    void what_an_earlier_run_left_for_the_class_is_removed() throws IOException {
        Run.of(Failing.class);
        Run run = Run.of(Failing.class);

        Path folder = Path.of(run.entries().get(0).get("thaw.log")).getParent();
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).hasSize(2);
        }
    }

    @MicroVm(
            name = "outer",
            image = WebServer.IMAGE,
            ports = 8080,
            memory = WebServer.MEMORY,
            command = {"sh", "-c", WebServer.SCRIPT})
    static class Several {
        @Test
        void fails() {
            throw new AssertionError("outside");
        }

        @Nested
        @MicroVm(
                name = "inner",
                image = WebServer.IMAGE,
                ports = 8080,
                memory = WebServer.MEMORY,
                command = {"sh", "-c", WebServer.SCRIPT})
        class Inside {
            @Test
            void fails() {
                throw new AssertionError("inside");
            }
        }
    }

    @Test
    void there_is_a_note_for_each_vm_that_the_failed_test_sees() {
        List<Throwable> failures = Run.of(Several.class).failures();

        assertThat(failures).extracting(Throwable::getMessage).containsExactly("outside", "inside");
        assertThat(failures.get(0).getSuppressed()).hasSize(1);
        assertThat(failures.get(0).getSuppressed()[0]).hasMessageStartingWith("VM outer-");
        assertThat(failures.get(1).getSuppressed()).hasSize(2);
        assertThat(failures.get(1).getSuppressed()[0]).hasMessageStartingWith("VM outer-");
        assertThat(failures.get(1).getSuppressed()[1]).hasMessageStartingWith("VM inner-");
    }

    @WebServer
    static class Gone {
        @Test
        void fails_after_its_vm(Vm vm) {
            vm.close();
            throw new AssertionError("as expected");
        }
    }

    @Test
    void a_vm_whose_files_are_gone_does_not_hide_the_failure() {
        Throwable failure = Run.of(Gone.class).failure();

        assertThat(failure).hasMessage("as expected");
        assertThat(failure.getSuppressed()).hasSize(1);
        assertThat(failure.getSuppressed()[0])
                .isExactlyInstanceOf(FailureNote.class)
                .hasMessageMatching("The log and console of VM busybox-\\w+ can't be kept: .*")
                .hasCauseInstanceOf(IOException.class);
    }

    @WebServer
    static class NotFailing {
        @Test
        void succeeds() {}

        @Test
        void is_aborted() {
            Assumptions.abort("not today");
        }
    }

    @WebServer
    static class AbortedBeforeAll {
        @BeforeAll
        static void is_aborted() {
            Assumptions.abort("not today");
        }

        @Test
        void is_not_run() {}
    }

    @WebServer
    static class AbortedConstructor {
        AbortedConstructor() {
            Assumptions.abort("not today");
        }

        @Test
        void is_not_run() {}
    }

    @WebServer
    static class AbortedDynamically {
        @TestFactory
        DynamicTest is_aborted() {
            return DynamicTest.dynamicTest("is aborted", () -> Assumptions.abort("not today"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            classes = {NotFailing.class, AbortedBeforeAll.class, AbortedConstructor.class, AbortedDynamically.class})
    void success_and_abortion_are_not_reported(Class<?> testClass) {
        Run run = Run.of(testClass);

        assertThat(run.entries()).isEmpty();
        assertThat(run.failures())
                .singleElement()
                .satisfies(abortion -> assertThat(abortion.getSuppressed()).isEmpty());
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.thaw.vm.Vm;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;

/** Loads native code, about which JVMs from 24 on warn; so it is left out where their warnings are looked for. */
@WebServer
@Tag("native")
class SharedDirTest {
    @SharedDir("/data")
    static Path data;

    @SharedDir(value = "/srv/sources", host = "src/test/java", readOnly = true)
    Path sources;

    @BeforeAll
    static void a_fresh_folder_is_there_before_the_class_runs() throws IOException {
        assertThat(data).isEmptyDirectory();
        Files.writeString(data.resolve("input"), "from the test");
    }

    @Test
    void the_vm_reads_what_the_test_has_written_and_the_test_what_the_vm_has(Vm vm) {
        assertThat(vm.exec("sh", "-c", "cat /data/input; echo from the VM > /data/output")
                        .stdout())
                .isEqualTo("from the test");
        assertThat(data.resolve("output")).hasContent("from the VM");
    }

    @Test
    void a_folder_of_the_project_is_seen_and_not_changed(Vm vm) {
        assertThat(sources).isEqualTo(Path.of("src/test/java").toAbsolutePath());
        assertThat(vm.exec("sh", "-c", "ls /srv/sources; touch /srv/sources/new")
                        .stdout())
                .isEqualTo("dev\n");
        assertThat(sources.resolve("new")).doesNotExist();
    }

    @Test
    void who_names_the_same_place_is_given_the_same_folder(@SharedDir("/data") File same) {
        assertThat(same.toPath()).isEqualTo(data);
    }

    @Nested
    class Inner {
        @SharedDir("/inner")
        static Path inner;

        @Test
        void a_nested_class_shares_more_with_the_vm_around_it(Vm vm, @SharedDir("/data") Path outer)
                throws IOException {
            Files.writeString(inner.resolve("file"), "inner");
            assertThat(vm.exec("cat", "/inner/file").stdout()).isEqualTo("inner");
            assertThat(outer).isEqualTo(data);
        }
    }

    private static Path left;

    @WebServer
    static class Once {
        @SharedDir("/data")
        Path fresh;

        @Test
        void writes_something(Vm vm) {
            left = fresh;
            assertThat(vm.exec("sh", "-c", "mkdir -p /data/a/b && echo x > /data/a/b/c && chmod 0 /data/a/b")
                            .exitCode())
                    .isZero();
        }
    }

    @Test
    void a_fresh_folder_lets_in_services_that_give_up_their_privileges_and_nobody_else_of_the_host()
            throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
                .isEqualTo("rwxr-xr-x");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data.getParent())))
                .isEqualTo("rwx------");
    }

    @AfterAll
    static void a_fresh_folder_goes_with_its_vm() {
        assertThat(Run.of(Once.class).succeededTests()).isOne();
        assertThat(left).doesNotExist();
        assertThat(left.getParent()).doesNotExist();
        assertThat(data).as("of a VM that still runs").exists();
    }

    // ---- misuse; no image of these exists, so anything that started would fail with another exception ----

    @MicroVm(image = "oci:none")
    static class NoPath extends MisuseTest.Mistaken {
        @SharedDir("/data")
        String path;
    }

    @MicroVm(image = "oci:none")
    static class NoPlace extends MisuseTest.Mistaken {
        @SharedDir("data")
        Path path;
    }

    @MicroVm(image = "oci:none")
    static class NoFolder extends MisuseTest.Mistaken {
        @SharedDir(value = "/data", host = "src/none")
        Path path;
    }

    @MicroVm(image = "oci:none")
    static class Twice extends MisuseTest.Mistaken {
        @SharedDir("/data")
        Path one;

        @SharedDir(value = "/data", host = "src")
        Path other;
    }

    @MicroVm(name = "left", image = "oci:none")
    @MicroVm(name = "right", image = "oci:none")
    static class Whose extends MisuseTest.Mistaken {
        @SharedDir("/data")
        Path path;
    }

    private static void assertRefused(Class<?> misuse, String message) {
        assertThat(Run.of(misuse).failure())
                .isExactlyInstanceOf(ExtensionConfigurationException.class)
                .hasMessage(message, misuse.getName());
    }

    @Test
    void what_can_not_be_shared_is_refused_before_anything_starts() {
        assertRefused(
                NoPath.class,
                "Field 'path' of %s is of type String, which @SharedDir can't be for. Write java.nio.file.Path or"
                        + " java.io.File as its type.");
        assertRefused(
                NoPlace.class,
                "Field 'path' of %s: A folder is shared at an absolute path below / and without '..', such as"
                        + " \"/data\", unlike \"data\".");
        assertRefused(
                NoFolder.class,
                "Field 'path' of %s shares the folder " + Path.of("src/none").toAbsolutePath()
                        + ", which does not exist. Make it, or leave host out for a fresh one.");
        assertRefused(
                Twice.class,
                "Field 'other' of %1$s and Field 'one' of %1$s share different folders at /data. Give one of them"
                        + " another place, or both the same host and readOnly.");
        assertRefused(
                Whose.class,
                "Field 'path' of %s has to say which VM it means, as there are 2. Write @SharedDir(value = \"/data\","
                        + " vm = \"left\") or @SharedDir(value = \"/data\", vm = \"right\").");
    }
}

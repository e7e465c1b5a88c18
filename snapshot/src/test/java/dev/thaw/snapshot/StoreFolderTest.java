// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.BDDAssertions.then;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoreFolderTest {
    @TempDir
    Path temporary;

    private Path folder(String mode) throws IOException {
        Path folder = Files.createDirectory(temporary.resolve("store"));
        return Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(mode));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rwxrwx---", "rwx----w-", "rwxrwxrwx"})
    void a_store_that_others_can_write_to_is_refused_with_the_remedy(String mode) throws IOException {
        Path folder = folder(mode);

        assertThatThrownBy(() -> SnapshotStore.open(folder))
                .isInstanceOf(SnapshotException.class)
                .hasMessageContaining("The store " + folder + " can be written to by other users")
                .hasMessageEndingWith("chmod 700 " + folder);
    }

    @Test
    void a_folder_for_running_vms_that_others_can_write_to_is_refused_as_they_could_exchange_its_sockets()
            throws IOException {
        Path folder = folder("rwxrwxrwx");

        try (SnapshotStore store = SnapshotStore.open(temporary.resolve("sound"))) {
            assertThatThrownBy(() -> store.leases(folder))
                    .isInstanceOf(SnapshotException.class)
                    .hasMessageContaining("The run folder " + folder + " can be written to by other users")
                    .hasMessageEndingWith("chmod 700 " + folder);
        }
    }

    @Test
    void a_store_that_others_can_read_is_closed_to_them() throws IOException {
        Path folder = folder("rwxr-xr-x");

        SnapshotStore.open(folder).close();

        then(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
                .isEqualTo("rwx------");
    }

    @Test
    void a_store_of_another_user_is_refused() throws IOException {
        // GIVEN a folder of somebody else: /proc belongs to root, to whom nobody can give this test's folders
        Path foreign = folder("rwx------");
        if (Files.getAttribute(foreign, "unix:uid").equals(0)) {
            Files.setAttribute(foreign, "unix:uid", 65_534);
        } else {
            foreign = Path.of("/proc");
        }
        Path folder = foreign;

        assertThatThrownBy(() -> SnapshotStore.open(folder))
                .isInstanceOf(SnapshotException.class)
                .hasMessageContaining("belongs to user ")
                .hasMessageContaining("chown -R ");
    }

    @Test
    void a_file_in_the_place_of_the_store_is_an_error_that_names_it() throws IOException {
        Path file = Files.createFile(temporary.resolve("file"));

        assertThatThrownBy(() -> SnapshotStore.open(file))
                .isInstanceOf(SnapshotException.class)
                .hasMessageContaining("Can't open the store " + file);
    }

    @Test
    void a_store_is_the_same_through_a_link() throws IOException {
        Path link = Files.createSymbolicLink(temporary.resolve("link"), folder("rwx------"));

        then(SnapshotStore.open(link).folder()).isEqualTo(link.toRealPath());
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static dev.thaw.snapshot.Bakes.TIMEOUT;
import static dev.thaw.snapshot.Bakes.bake;
import static dev.thaw.snapshot.Bakes.key;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.BDDAssertions.then;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotStoreTest {
    @TempDir
    Path temporary;

    private SnapshotStore store;

    @BeforeEach
    void open() {
        store = SnapshotStore.open(temporary.resolve("cache/store"));
    }

    private List<Path> files(String folder) throws IOException {
        try (Stream<Path> files = Files.list(store.folder().resolve(folder))) {
            return files.toList();
        }
    }

    @Test
    void nothing_is_found_in_an_empty_store() {
        then(store.find(key("redis"))).isEmpty();
        then(store.list()).isEmpty();
    }

    @Test
    void what_was_baked_is_found_with_all_that_is_known_of_it() throws IOException {
        Snapshot baked = store.findOrBake(key("redis"), TIMEOUT, draft -> {
            Bakes.small(draft);
            draft.note("image", "redis:7");
        });

        then(store.find(key("redis"))).contains(baked);
        then(baked.key()).isEqualTo(key("redis"));
        then(baked.memory()).hasSize(64L * Bakes.PAGE);
        then(baked.deviceState()).hasContent("devices of " + key("redis").sha256());
        then(baked.manifest().notes()).containsEntry("image", "redis:7");
        then(baked.manifest().duration()).isLessThan(TIMEOUT);
        then(store.list()).containsExactly(baked);
        then(store.findOrBake(key("redis"), TIMEOUT, Bakes::notAgain)).isEqualTo(baked);
    }

    @Test
    void another_key_is_a_miss_and_says_in_what_it_differs() throws IOException {
        bake(store, key("redis"));

        then(store.find(key("postgres"))).isEmpty();
        then(store.list().get(0).key().differencesFrom(key("postgres"))).containsExactly("image");
    }

    @Test
    void folders_are_0700_and_files_0600_whatever_the_engine_made() throws IOException {
        Snapshot baked = store.findOrBake(key("redis"), TIMEOUT, draft -> {
            Bakes.small(draft);
            Files.setPosixFilePermissions(draft.deviceState(), PosixFilePermissions.fromString("rw-r--r--"));
        });

        for (String folder : List.of("snapshots", "blobs", "sparse", "chunks")) {
            then(mode(store.folder().resolve(folder))).isEqualTo("rwx------");
            for (Path file : files(folder)) {
                then(mode(file)).as("%s", file).isEqualTo("rw-------");
            }
        }
        then(mode(baked.memory())).isEqualTo("rw-------");
        then(mode(store.folder())).isEqualTo("rwx------");
        then(mode(temporary.resolve("cache"))).isEqualTo("rwx------");
    }

    private static String mode(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void a_draft_keeps_nothing_but_memory_and_device_state() throws IOException {
        Snapshot baked = store.findOrBake(key("redis"), TIMEOUT, draft -> {
            Bakes.small(draft);
            Files.writeString(draft.folder().resolve("console.log"), "hello");
        });

        then(baked.manifest().files()).containsOnlyKeys(SnapshotFile.MEMORY, SnapshotFile.DEVICE_STATE);
        then(files("drafts")).isEmpty();
        then(files("trash")).isEmpty();
    }

    @Test
    void a_bake_that_throws_leaves_nothing_and_its_exception_comes_out_as_it_is() throws IOException {
        FileNotFoundException failure = new FileNotFoundException("no kernel");

        assertThatThrownBy(() -> store.findOrBake(key("redis"), TIMEOUT, draft -> {
                    Bakes.small(draft);
                    throw failure;
                }))
                .isSameAs(failure);

        then(store.find(key("redis"))).isEmpty();
        then(files("drafts")).isEmpty();
        then(files("snapshots")).isEmpty();
        then(bake(store, key("redis"))).isNotNull();
    }

    @Test
    void a_bake_that_wrote_no_memory_is_an_error_that_names_the_file() {
        assertThatThrownBy(() -> store.findOrBake(key("redis"), TIMEOUT, draft -> {
                    Files.writeString(draft.deviceState(), "devices");
                    Files.createFile(draft.rawMemory());
                }))
                .isInstanceOf(SnapshotException.class)
                .hasMessageMatching("The bake of [0-9a-f]{12} ended without writing .*/memory.raw: "
                        + "there is no such file, or it is empty. Nothing was kept.");
    }

    @Test
    void a_snapshot_of_another_format_version_is_baked_again_and_replaced() throws IOException {
        Snapshot old = bake(store, key("redis"));
        Path manifest = Bakes.manifest(old);
        Files.writeString(manifest, "{\"format\": \"thaw-snapshot\", \"version\": 0, \"unknown\": true}");

        then(store.find(key("redis"))).isEmpty();
        then(old.memory()).exists();

        Snapshot fresh = bake(store, key("redis"));
        then(store.find(key("redis"))).contains(fresh);
    }

    @Test
    void a_snapshot_is_removed_once() throws IOException {
        bake(store, key("redis"));

        then(store.remove(key("redis"))).isTrue();
        then(store.remove(key("redis"))).isFalse();
        then(store.find(key("redis"))).isEmpty();
        then(files("trash")).isEmpty();
    }

    @Test
    void what_a_live_lease_uses_is_not_removed() throws IOException {
        bake(store, key("redis"));
        Leases leases = store.leases(temporary.resolve("run"));
        LeaseInfo info = new LeaseInfo(
                "CounterTest", leases.runRoot().resolve("1"), java.util.Optional.of(SnapshotId.of(key("redis"))));

        try (Lease lease = leases.acquire(info)) {
            assertThatThrownBy(() -> store.remove(lease.info().snapshot().orElseThrow()))
                    .isInstanceOf(LockedException.class)
                    .hasMessage("Snapshot " + SnapshotId.of(key("redis")).abbreviated() + " is in use by process "
                            + ProcessHandle.current().pid() + " (CounterTest), and can't be removed");
        }
        then(store.remove(key("redis"))).isTrue();
    }

    @Test
    void a_bake_within_a_bake_of_the_same_key_ends_with_the_name_of_the_holder() {
        assertThatThrownBy(() -> store.findOrBake(
                        key("redis"),
                        TIMEOUT,
                        outer -> store.findOrBake(key("redis"), Duration.ofMillis(50), Bakes::small)))
                .isInstanceOf(LockedException.class)
                .hasMessageContaining("did not let go for 0 s. Its holder: process "
                        + ProcessHandle.current().pid() + ", thread '"
                        + Thread.currentThread().getName() + "', baking since ");
    }

    @Test
    void an_interrupted_wait_keeps_the_interrupt() {
        assertThatThrownBy(() -> store.findOrBake(key("redis"), TIMEOUT, outer -> {
                    Thread.currentThread().interrupt();
                    store.findOrBake(key("redis"), TIMEOUT, Bakes::small);
                }))
                .isInstanceOf(SnapshotException.class)
                .hasMessageStartingWith("Interrupted while waiting");
        then(Thread.interrupted()).isTrue();
    }

    @Test
    void a_draft_that_needs_more_than_there_is_fails_before_the_work() {
        assertThatThrownBy(() -> store.findOrBake(key("redis"), TIMEOUT, draft -> draft.requireSpace(Long.MAX_VALUE)))
                .isInstanceOf(DiskFullException.class)
                .hasMessageContaining("disk full. 9223372036854775807 bytes are needed, and ")
                .hasMessageContaining(store.folder().toString());
    }

    @Test
    void leftovers_of_a_crash_are_swept_when_a_store_is_opened() throws IOException {
        Path draft = Files.createDirectories(
                store.folder().resolve("drafts/" + key("redis").sha256() + "-x/deep"));
        Path trash = Files.createDirectories(store.folder().resolve("trash/y/deep"));
        Files.writeString(trash.resolve("memory"), "x");

        SnapshotStore.open(store.folder()).close();

        then(draft.getParent()).doesNotExist();
        then(trash.getParent()).doesNotExist();
    }

    @Test
    void a_closed_store_refuses_to_work() {
        store.close();
        store.close();

        assertThatThrownBy(() -> store.find(key("redis"))).isInstanceOf(IllegalStateException.class);
    }
}

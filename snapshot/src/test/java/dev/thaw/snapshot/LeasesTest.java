// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static dev.thaw.snapshot.Bakes.key;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.BDDAssertions.then;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.thaw.snapshot.disk.PrivateFiles;
import dev.thaw.snapshot.disk.Sha256;
import dev.thaw.snapshot.process.ProcessMark;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeasesTest {
    @TempDir
    Path temporary;

    private SnapshotStore store;
    private Leases leases;
    private Process sleeper;

    @BeforeEach
    void open() throws IOException {
        store = SnapshotStore.open(temporary.resolve("store"));
        leases = store.leases(temporary.resolve("run"));
        sleeper = new ProcessBuilder("sleep", "600").start();
    }

    @AfterEach
    void endSleeper() {
        sleeper.destroyForcibly();
    }

    private ForkedJvm otherOwner() throws IOException {
        return ForkedJvm.start(
                LeasingProcess.class,
                store.folder().toString(),
                leases.runRoot().toString());
    }

    private List<Path> leaseFiles() throws IOException {
        return PrivateFiles.list(store.folder().resolve("leases"));
    }

    /** A lease whose owner is dead, with these lines. */
    private Path deadLease(String... lines) throws IOException {
        Path file = store.folder().resolve("leases/99999999-0-x.lease");
        return Files.writeString(file, String.join("\n", lines) + "\n");
    }

    private String header(Path runFolder) {
        return LeaseRecord.header(4242, new LeaseInfo("OrdersTest", runFolder, Optional.empty()))
                .strip();
    }

    private static String childLine(ProcessHandle process, long shiftSeconds) {
        Instant started = process.info().startInstant().orElseThrow().plusSeconds(shiftSeconds);
        return LeaseRecord.childLine(new ProcessMark(process.pid(), started.toEpochMilli()))
                .strip();
    }

    @Test
    void what_a_killed_jvm_left_is_cleared_up() throws Exception {
        try (ForkedJvm owner = otherOwner()) {
            long child = Long.parseLong(owner.line());
            Path runFolder = leases.runRoot().resolve("vm-1");

            // GIVEN a live owner, whose lease holds
            then(leases.reapDead()).isEmpty();
            then(runFolder).exists();
            Bakes.bake(store, key("redis"));
            assertThatThrownBy(() -> store.remove(key("redis")))
                    .isInstanceOf(LockedException.class)
                    .hasMessageContaining("process " + owner.pid() + " (CounterTest)");

            // WHEN it is killed
            owner.kill();
            List<Leases.Reaped> reaped = leases.reapDead();

            // THEN
            then(reaped)
                    .containsExactly(new Leases.Reaped(
                            owner.pid(),
                            new LeaseInfo("CounterTest", runFolder, Optional.of(SnapshotId.of(key("redis")))),
                            List.of(child)));
            then(runFolder).doesNotExist();
            then(leaseFiles()).isEmpty();
            Awaitility.await("the child's end")
                    .atMost(3, TimeUnit.SECONDS)
                    .until(() -> ProcessHandle.of(child)
                            .filter(ProcessHandle::isAlive)
                            .isEmpty());
            then(store.remove(key("redis"))).isTrue();
            then(leases.reapDead()).isEmpty();
        }
    }

    @Test
    void a_lease_that_is_closed_is_gone_and_closing_again_does_nothing() throws IOException {
        Lease lease = leases.acquire(new LeaseInfo("A", leases.runRoot().resolve("a"), Optional.empty()));
        then(leaseFiles()).hasSize(1);

        lease.close();
        lease.close();

        then(leaseFiles()).isEmpty();
        assertThatThrownBy(() -> lease.child(sleeper.toHandle()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the lease for A has been closed");
    }

    @Test
    void ones_own_leases_are_never_reaped_not_even_through_another_store() throws IOException {
        try (Lease lease = leases.acquire(new LeaseInfo("A", leases.runRoot().resolve("a"), Optional.empty()));
                SnapshotStore other = SnapshotStore.open(store.folder())) {
            lease.child(sleeper.toHandle());

            then(other.leases(leases.runRoot()).reapDead()).isEmpty();

            then(sleeper.isAlive()).isTrue();
            then(leaseFiles()).hasSize(1);
        }
    }

    @Test
    void a_process_that_only_has_the_childs_number_is_spared() throws IOException {
        deadLease(header(leases.runRoot().resolve("a")), childLine(sleeper.toHandle(), -60));

        then(leases.reapDead())
                .singleElement()
                .satisfies(reaped -> then(reaped.killedPids()).isEmpty());

        then(sleeper.isAlive()).isTrue();
    }

    @Test
    void a_child_is_killed_although_the_clock_rounds_its_start_differently() throws IOException {
        deadLease(header(leases.runRoot().resolve("a")), childLine(sleeper.toHandle(), 1));

        then(leases.reapDead())
                .singleElement()
                .satisfies(reaped -> then(reaped.killedPids()).containsExactly(sleeper.pid()));
    }

    @Test
    void a_lease_that_names_the_reaper_as_a_child_does_not_stop_it() throws IOException {
        deadLease(
                header(leases.runRoot().resolve("a")),
                childLine(ProcessHandle.current(), 0),
                childLine(sleeper.toHandle(), 0));

        then(leases.reapDead())
                .singleElement()
                .satisfies(reaped -> then(reaped.killedPids()).containsExactly(sleeper.pid()));
    }

    @Test
    void a_last_line_that_a_crash_cut_off_does_not_hide_the_others() throws IOException {
        Path file = deadLease(header(leases.runRoot().resolve("a")), childLine(sleeper.toHandle(), 0));
        Files.writeString(file, Files.readString(file) + "{\"child\":12,\"star");

        then(leases.reapDead())
                .singleElement()
                .satisfies(reaped -> then(reaped.killedPids()).containsExactly(sleeper.pid()));
    }

    @Test
    void a_link_in_a_run_folder_is_removed_and_not_followed() throws IOException {
        Path precious = Files.createDirectories(temporary.resolve("precious"));
        Files.writeString(precious.resolve("file"), "x");
        Path runFolder = Files.createDirectories(leases.runRoot().resolve("a"));
        Files.createSymbolicLink(runFolder.resolve("link"), precious);
        deadLease(header(runFolder));

        then(leases.reapDead()).hasSize(1);

        then(runFolder).doesNotExist();
        then(precious.resolve("file")).exists();
    }

    @Test
    void a_run_folder_that_is_a_link_itself_costs_only_the_link() throws IOException {
        Path precious = Files.createDirectories(temporary.resolve("precious"));
        Files.writeString(precious.resolve("file"), "x");
        Path runFolder = Files.createSymbolicLink(leases.runRoot().resolve("a"), precious);
        deadLease(header(runFolder));

        leases.reapDead();

        then(Files.isSymbolicLink(runFolder)).isFalse();
        then(precious.resolve("file")).exists();
    }

    @Test
    void a_folder_elsewhere_is_left_alone_with_its_lease() throws IOException {
        Path precious = Files.createDirectories(temporary.resolve("precious"));
        Path file = deadLease(header(precious));

        then(leases.reapDead()).isEmpty();

        then(precious).exists();
        then(file).exists();
    }

    @Test
    void a_path_with_dots_does_not_lead_out_of_the_run_root() throws IOException {
        Path precious = Files.createDirectories(temporary.resolve("precious"));
        deadLease(header(leases.runRoot().resolve("a"))
                .replace(leases.runRoot() + "/a", leases.runRoot() + "/../precious"));

        then(leases.reapDead()).isEmpty();

        then(precious).exists();
    }

    private static SnapshotId id(int i) {
        return new SnapshotId(Sha256.of(("snapshot " + i).getBytes(StandardCharsets.UTF_8)));
    }

    private List<LeaseRecord> live() throws IOException {
        return LeaseFolder.live(temporary.resolve("store/leases").toRealPath()).leases();
    }

    @Test
    void a_lease_may_use_any_number_of_snapshots_one_after_the_other() throws IOException {
        LeaseInfo info = new LeaseInfo("A", leases.runRoot().resolve("a"), Optional.of(id(-1)));
        try (Lease lease = leases.acquire(info)) {
            lease.use(id(-2));
            lease.child(sleeper.toHandle());
            for (int i = 0; i < 5000; i++) {
                lease.use(id(i));
                if (i > 0) {
                    lease.release(id(i - 1));
                }
            }

            then(live())
                    .containsExactly(new LeaseRecord(
                            ProcessHandle.current().pid(),
                            info,
                            List.of(ProcessMark.of(sleeper.toHandle())),
                            Set.of(id(-1), id(-2), id(4999))));
        }
        then(live()).isEmpty();
        then(temporary.resolve("store/leases")).isEmptyDirectory();
    }

    @Test
    void a_lease_does_not_use_too_many_snapshots_at_a_time() {
        try (Lease lease = leases.acquire(new LeaseInfo("A", leases.runRoot().resolve("a"), Optional.empty()))) {
            for (int i = 0; i < 1024; i++) {
                lease.use(id(i));
            }

            assertThatThrownBy(() -> lease.use(id(1024)))
                    .isInstanceOf(SnapshotException.class)
                    .hasMessage("Can't note snapshot " + id(1024).abbreviated()
                            + ": the lease for A names 1024 processes and snapshots, and no lease names more");

            lease.release(id(7));
            lease.use(id(1024));
        }
    }

    @Test
    void the_snapshot_that_a_lease_was_taken_for_is_used_until_its_end() throws IOException {
        LeaseInfo info = new LeaseInfo("A", leases.runRoot().resolve("a"), Optional.of(id(1)));
        try (Lease lease = leases.acquire(info)) {
            lease.use(id(1));
            lease.release(id(1));
            lease.release(id(2));

            then(live())
                    .singleElement()
                    .satisfies(found -> then(found.snapshots()).containsExactly(id(1)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{\"format\":\"thaw-le"})
    void a_lease_whose_owner_died_before_it_was_written_is_removed(String content) throws IOException {
        Path file = Files.writeString(deadLease("garbage"), content);

        then(leases.reapDead()).isEmpty();

        then(file).doesNotExist();
    }

    @Test
    void a_lease_that_cannot_be_read_is_removed_when_it_is_old() throws IOException {
        Path file = deadLease("garbage");

        then(leases.reapDead()).isEmpty();
        then(file).exists();
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(3600)));

        then(leases.reapDead()).isEmpty();
        then(file).doesNotExist();
    }

    @Test
    void a_run_folder_outside_the_run_root_is_refused() {
        assertThatThrownBy(() -> leases.acquire(new LeaseInfo("A", temporary.resolve("x"), Optional.empty())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the run folder " + temporary.resolve("x") + " is not directly below " + leases.runRoot());
    }

    @Test
    void a_lease_reads_back_as_it_was_written() {
        LeaseInfo info =
                new LeaseInfo("Test \"x\"\n\u00e9", Path.of("/run/a b"), Optional.of(new SnapshotId("a".repeat(64))));
        ProcessMark child = new ProcessMark(7, 123);

        SnapshotId more = new SnapshotId("b".repeat(64));

        then(LeaseRecord.decode(
                        LeaseRecord.header(1, info) + LeaseRecord.childLine(child) + LeaseRecord.snapshotLine(more)))
                .contains(new LeaseRecord(
                        1, info, List.of(child), Set.of(more, info.snapshot().orElseThrow())));
    }

    @FuzzTest
    void any_lease_is_decoded_or_refused(byte[] bytes) {
        then(LeaseRecord.decode(new String(bytes, StandardCharsets.UTF_8))).isNotNull();
    }
}

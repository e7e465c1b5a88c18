// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static dev.thaw.snapshot.Bakes.bake;
import static dev.thaw.snapshot.Bakes.key;
import static dev.thaw.snapshot.Bakes.manifest;
import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.thaw.snapshot.blob.BlobFolder;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

class DamageTest {
    @TempDir
    Path temporary;

    private final Logger logger = (Logger) LoggerFactory.getLogger("dev.thaw.snapshot");
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private SnapshotStore store;
    private Snapshot snapshot;

    @BeforeEach
    void bakeOne() throws IOException {
        store = SnapshotStore.open(temporary.resolve("store"));
        snapshot = bake(store, key("redis"));
        log.start();
        logger.setAdditive(false);
        logger.setLevel(Level.INFO);
        logger.addAppender(log);
    }

    @AfterEach
    void detach() {
        logger.detachAppender(log);
        logger.setAdditive(true);
        logger.setLevel(null);
    }

    private interface Harm {
        void to(Snapshot snapshot) throws IOException;
    }

    private static Object[] harm(String name, Harm harm, String warning) {
        return new Object[] {Named.of(name, harm), warning};
    }

    static Stream<Object[]> harms() {
        return Stream.of(
                harm("memory missing", s -> Files.delete(s.memory()), " is missing"),
                harm("device state missing", s -> Files.delete(s.deviceState()), " is missing"),
                harm("memory truncated", s -> truncate(s.memory(), 4096), " has 4096 bytes, expected 262144"),
                harm(
                        "memory longer",
                        s -> Files.write(s.memory(), new byte[262_145]),
                        "has 262145 bytes, expected 262144"),
                harm("memory replaced", s -> replace(s.memory(), new byte[262_144]), " has chunks of SHA-256 "),
                harm("memory is a link", s -> link(s.memory()), " is not a regular file"),
                harm("device state replaced", s -> replace(s.deviceState(), new byte[75]), " has SHA-256 "),
                harm("byte flipped", s -> flip(s.memory()), " has chunks of SHA-256 "),
                harm("byte flipped, time set back", DamageTest::flipSecretly, " has chunks of SHA-256 "),
                harm("manifest cut off", s -> truncate(manifest(s), 100), ".json: not JSON"),
                harm("manifest is a link", s -> link(manifest(s)), ".json can't be read: java.io.IOException"),
                harm("manifest is a folder", s -> folder(manifest(s)), ".json can't be read: java.io.IOException"),
                harm("memory is a folder", s -> folder(s.memory()), " is not a regular file"),
                harm("manifest of another key", DamageTest::otherKey, "holds another snapshot"));
    }

    @ParameterizedTest
    @MethodSource("harms")
    void a_damaged_snapshot_is_a_miss_with_one_warning_and_is_baked_again(Harm harm, String warning)
            throws IOException {
        harm.to(snapshot);

        then(store.find(key("redis"))).isEmpty();

        then(log.list)
                .filteredOn(event -> event.getLevel() == Level.WARN)
                .singleElement()
                .satisfies(event -> then(event.getFormattedMessage())
                        .contains("Snapshot " + snapshot.id().abbreviated() + " is damaged and thrown away")
                        .contains(warning));
        then(manifest(snapshot)).doesNotExist();
        Snapshot fresh = bake(store, key("redis"));
        then(store.find(key("redis"))).contains(fresh);
    }

    @ParameterizedTest
    @MethodSource("harms")
    void find_or_bake_replaces_a_damaged_snapshot(Harm harm, String warning) throws IOException {
        harm.to(snapshot);

        Snapshot fresh = bake(store, key("redis"));

        then(fresh.manifest().created()).isAfter(snapshot.manifest().created());
        then(store.verify(fresh).intact()).as(warning).isTrue();
    }

    @Test
    void a_file_that_was_only_touched_is_read_in_full_once_and_sealed_anew() throws IOException {
        Files.setLastModifiedTime(snapshot.memory(), FileTime.from(Instant.EPOCH));

        BlobFolder blobs = BlobFolder.of(store.folder());
        Blob memory = snapshot.manifest().file(SnapshotFile.MEMORY);
        then(blobs.isUnbroken(memory)).isFalse();

        then(store.find(key("redis"))).contains(snapshot);

        then(blobs.isUnbroken(memory)).isTrue();
        then(log.list).noneMatch(event -> event.getLevel() == Level.WARN);
    }

    @Test
    void an_interrupted_look_at_a_snapshot_in_doubt_says_nothing_of_it_and_leaves_it() throws IOException {
        Files.setLastModifiedTime(snapshot.memory(), FileTime.from(Instant.EPOCH));

        Thread.currentThread().interrupt();
        thenThrownBy(() -> store.find(key("redis")))
                .isInstanceOf(SnapshotException.class)
                .hasRootCauseInstanceOf(ClosedByInterruptException.class);

        then(Thread.interrupted()).isTrue();
        then(store.find(key("redis")))
                .hasValueSatisfying(found -> then(found.memory()).isEqualTo(snapshot.memory()));
        then(log.list).noneMatch(event -> event.getLevel() == Level.WARN);
    }

    @Test
    void a_snapshot_copied_back_from_elsewhere_is_used() throws IOException {
        Path copy = Files.copy(snapshot.memory(), temporary.resolve("copy"));
        Files.move(copy, snapshot.memory(), StandardCopyOption.REPLACE_EXISTING);

        then(store.findOrBake(key("redis"), Bakes.TIMEOUT, Bakes::notAgain).memory())
                .isEqualTo(snapshot.memory());
    }

    @Test
    void a_full_check_finds_an_intact_snapshot_intact() {
        then(store.verify(snapshot)).isEqualTo(new Verification(snapshot, java.util.List.of()));
    }

    @Test
    void a_full_check_finds_a_flipped_byte_and_removes_the_snapshot() throws IOException {
        flipSecretly(snapshot);

        Verification verification = store.verify(snapshot);

        then(verification.problems()).singleElement().asString().contains(" has chunks of SHA-256 ");
        then(log.list).anyMatch(event -> event.getLevel() == Level.WARN);
        then(manifest(snapshot)).doesNotExist();
    }

    @Test
    void a_full_check_of_an_old_snapshot_spares_the_one_that_came_into_its_place() throws IOException {
        // GIVEN another content in the place of the snapshot that the caller still knows
        store.remove(key("redis"));
        Snapshot newer = store.findOrBake(key("redis"), Bakes.TIMEOUT, draft -> {
            Bakes.memory(draft.rawMemory(), 64, 4, 2);
            Files.writeString(draft.deviceState(), "others");
        });

        then(store.verify(snapshot).problems()).hasSize(2);

        then(store.find(key("redis"))).contains(newer);
    }

    @Test
    void who_has_the_memory_open_keeps_it_when_the_snapshot_is_thrown_away() throws IOException {
        try (FileChannel open = FileChannel.open(snapshot.memory())) {
            Files.delete(snapshot.deviceState());

            then(store.find(key("redis"))).isEmpty();

            then(open.size()).isEqualTo(262_144);
        }
    }

    private static void truncate(Path file, long length) throws IOException {
        try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
            f.setLength(length);
        }
    }

    private static void replace(Path file, byte[] content) throws IOException {
        Files.delete(file);
        Files.write(file, content);
    }

    private static void folder(Path file) throws IOException {
        Files.delete(file);
        Files.createDirectory(file);
    }

    private static void link(Path file) throws IOException {
        Path other = file.resolveSibling("other");
        Files.move(file, other);
        Files.createSymbolicLink(file, other);
    }

    private static void flip(Path file) throws IOException {
        try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
            f.seek(5);
            int old = f.read();
            f.seek(5);
            f.write(old ^ 1);
        }
    }

    private static void flipSecretly(Snapshot s) throws IOException {
        FileTime before = Files.getLastModifiedTime(s.memory());
        flip(s.memory());
        Files.setLastModifiedTime(s.memory(), before);
    }

    private static void otherKey(Snapshot s) throws IOException {
        Manifest m = s.manifest();
        Manifest other = new Manifest(key("postgres"), m.parent(), m.files(), m.created(), m.duration(), m.notes());
        Files.write(manifest(s), ManifestFile.encode(other));
    }
}

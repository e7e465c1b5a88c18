// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.replay;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.devices.folder.FolderOptions;
import dev.thaw.devices.folder.FolderTree;
import dev.thaw.devices.folder.Name;
import dev.thaw.devices.folder.ReadAheadBudget;
import dev.thaw.devices.folder.Watcher;
import dev.thaw.devices.host.ErrnoException;
import dev.thaw.devices.watch.WatchEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplaysTest {
    private static final int NOBODY_WATCHES = 61, ENOENT = 2;

    @TempDir
    Path path;

    private final Replays replays = new Replays();
    private final AtomicInteger told = new AtomicInteger();
    private FolderTree tree;
    private long dir;

    @BeforeEach
    void open() throws IOException {
        Files.createDirectory(path.resolve("dir"));
        tree = FolderTree.open(
                path, FolderOptions.of(false, 0, 0), new ReadAheadBudget(1 << 20, 1 << 20), Watcher.NONE);
        dir = tree.lookup(FolderTree.ROOT, name("dir")).node();
        replays.start(tree, told::incrementAndGet);
    }

    @AfterEach
    void close() throws IOException {
        tree.close();
    }

    private static Name name(String name) throws ErrnoException {
        return Name.of(name.getBytes(StandardCharsets.UTF_8));
    }

    private void event(WatchEvent.Kind kind, long folder, String name, int cookie) throws ErrnoException {
        replays.event(new WatchEvent<>(folder, kind, name(name), false, cookie), OptionalLong.empty());
    }

    private void event(WatchEvent.Kind kind, String name) throws ErrnoException {
        event(kind, FolderTree.ROOT, name, 0);
    }

    private List<String> all() {
        List<String> all = new ArrayList<>();
        for (Optional<Replay> next = replays.begin(); next.isPresent(); next = replays.begin()) {
            all.add(text(next.get()));
            replays.ended(0);
        }
        return all;
    }

    private static String text(Replay replay) {
        String target = replay.target() == null ? "" : " " + path(replay.target());
        return replay.kind() + " " + path(replay.spot()) + target;
    }

    private static String path(Spot spot) {
        return new String(spot.path(), StandardCharsets.UTF_8);
    }

    @Test
    void what_happens_often_is_replayed_once() throws ErrnoException {
        // WHEN
        event(WatchEvent.Kind.CREATED, "file");
        for (int i = 0; i < 100; i++) {
            event(WatchEvent.Kind.MODIFIED, "file");
            event(WatchEvent.Kind.ATTRIBUTES, "file");
            event(WatchEvent.Kind.MODIFIED, dir, "file", 0);
        }
        // THEN
        then(all()).containsExactly("CREATE file", "MODIFY file", "ATTRIBUTES file", "MODIFY dir/file");
        event(WatchEvent.Kind.MODIFIED, "file");
        then(all()).containsExactly("MODIFY file");
    }

    @Test
    void nothing_is_merged_over_a_change_of_the_name() throws ErrnoException {
        event(WatchEvent.Kind.MODIFIED, "file");
        event(WatchEvent.Kind.DELETED, "file");
        event(WatchEvent.Kind.CREATED, "file");
        event(WatchEvent.Kind.MODIFIED, "file");
        then(all()).containsExactly("MODIFY file", "DELETE file", "CREATE file", "MODIFY file");
    }

    @Test
    void the_halves_of_a_move_are_a_rename_at_the_place_of_the_first() throws ErrnoException {
        // GIVEN
        event(WatchEvent.Kind.MOVED_FROM, FolderTree.ROOT, "one", 5);
        event(WatchEvent.Kind.MOVED_FROM, dir, "two", 6);
        then(replays.begin()).isEmpty();
        then(told).hasValue(0);
        // WHEN
        event(WatchEvent.Kind.MOVED_TO, dir, "eins", 5);
        event(WatchEvent.Kind.CREATED, "later");
        event(WatchEvent.Kind.MOVED_TO, FolderTree.ROOT, "zwei", 6);
        // THEN
        then(all()).containsExactly("RENAME one dir/eins", "RENAME dir/two zwei", "CREATE later");
    }

    @Test
    void a_half_whose_other_never_comes_is_a_deletion_or_a_creation() throws ErrnoException {
        event(WatchEvent.Kind.MOVED_FROM, FolderTree.ROOT, "away", 7);
        event(WatchEvent.Kind.MOVED_TO, FolderTree.ROOT, "here", 8);
        then(replays.begin()).isEmpty();
        // WHEN
        replays.settled();
        // THEN
        then(told).hasPositiveValue();
        then(all()).containsExactly("DELETE away", "CREATE here");
    }

    @Test
    void one_is_under_way_at_a_time_and_its_folder_is_unsettled_until_all_are_done() throws ErrnoException {
        // GIVEN
        event(WatchEvent.Kind.CREATED, dir, "one", 0);
        event(WatchEvent.Kind.CREATED, dir, "two", 0);
        // WHEN
        Replay first = replays.begin().orElseThrow();
        // THEN
        then(replays.begin()).isEmpty();
        then(replays.current()).isSameAs(first);
        then(replays.isUnsettled(dir)).isTrue();
        then(replays.isUnsettled(FolderTree.ROOT)).isFalse();
        replays.ended(0);
        then(replays.current()).isNull();
        then(replays.isUnsettled(dir)).isTrue();
        then(all()).containsExactly("CREATE dir/two");
        then(replays.isUnsettled(dir)).isFalse();
    }

    @Test
    void where_nobody_watches_all_that_waited_is_dropped() throws ErrnoException {
        // GIVEN
        for (int i = 0; i < 10; i++) {
            event(WatchEvent.Kind.CREATED, "file" + i);
        }
        then(replays.begin()).isPresent();
        event(WatchEvent.Kind.CREATED, "meanwhile");
        // WHEN
        replays.ended(NOBODY_WATCHES);
        // THEN
        then(all()).containsExactly("CREATE meanwhile");
        then(replays.counters()).isEqualTo(new ReplayCounters(1, 10, 0, 0));
        then(replays.isUnsettled(FolderTree.ROOT)).isFalse();
    }

    @Test
    void a_rename_that_could_not_be_done_is_a_deletion_and_a_creation() throws ErrnoException {
        event(WatchEvent.Kind.MOVED_FROM, FolderTree.ROOT, "one", 5);
        event(WatchEvent.Kind.MOVED_TO, FolderTree.ROOT, "two", 5);
        event(WatchEvent.Kind.MODIFIED, "two");
        then(replays.begin()).isPresent();
        // WHEN
        replays.ended(ENOENT);
        // THEN
        then(all()).containsExactly("DELETE one", "CREATE two", "MODIFY two");
    }

    @Test
    void more_than_some_thousand_do_not_wait() throws ErrnoException {
        for (int i = 0; i < 5000; i++) {
            event(WatchEvent.Kind.CREATED, "file" + i);
        }
        then(all()).hasSize(4096).startsWith("CREATE file0").endsWith("CREATE file4095");
        then(replays.counters()).isEqualTo(new ReplayCounters(4096, 0, 0, 904));
    }

    @Test
    void a_folder_that_has_moved_is_replayed_at_its_new_place() throws IOException {
        // GIVEN
        event(WatchEvent.Kind.CREATED, dir, "before", 0);
        Files.move(path.resolve("dir"), path.resolve("new"));
        tree.moved(FolderTree.ROOT, name("dir"));
        // WHEN
        replays.event(
                new WatchEvent<>(FolderTree.ROOT, WatchEvent.Kind.MOVED_FROM, name("dir"), true, 1),
                OptionalLong.of(dir));
        replays.event(
                new WatchEvent<>(FolderTree.ROOT, WatchEvent.Kind.MOVED_TO, name("new"), true, 1),
                OptionalLong.empty());
        event(WatchEvent.Kind.CREATED, dir, "after", 0);
        // THEN
        then(all()).containsExactly("CREATE new/before", "RENAME dir new", "CREATE new/after");
    }

    @Test
    void a_folder_that_has_gone_is_replayed_where_it_was() throws IOException {
        // GIVEN
        event(WatchEvent.Kind.DELETED, dir, "file", 0);
        Files.delete(path.resolve("dir"));
        tree.moved(FolderTree.ROOT, name("dir"));
        // THEN
        then(all()).containsExactly("DELETE dir/file");
    }
}

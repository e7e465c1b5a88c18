// SPDX-License-Identifier: Apache-2.0
package dev.thaw.cli;

import static org.assertj.core.api.BDDAssertions.then;

import com.fasterxml.jackson.databind.JsonNode;
import dev.thaw.snapshot.Lease;
import dev.thaw.snapshot.LeaseInfo;
import dev.thaw.snapshot.Leases;
import dev.thaw.snapshot.Snapshot;
import dev.thaw.snapshot.SnapshotStore;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real program, in processes of its own, on a store with snapshots of three services. */
class CommandsTest {
    @TempDir
    Path home;

    private SnapshotStore store;
    private Snapshot redis;
    private Snapshot one;
    private Snapshot two;

    @BeforeEach
    void bake() throws IOException {
        store = SnapshotStore.open(home.resolve("snapshots"));
        redis = Bakes.bake(store, "redis", "hunter2");
        one = Bakes.bake(store, "postgres", "first");
        two = Bakes.bake(store, "postgres", "second");
    }

    @AfterEach
    void close() {
        store.close();
    }

    private Run cache(String... arguments) throws IOException {
        String[] all = new String[arguments.length + 1];
        all[0] = "cache";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return Run.thaw(home, all);
    }

    private Lease lease(Snapshot snapshot) {
        Leases leases = store.leases(home.resolve("run"));
        return leases.acquire(new LeaseInfo("CounterTest", leases.runRoot().resolve("vm"), Optional.of(snapshot.id())));
    }

    private static void damage(Snapshot snapshot) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(snapshot.memory().toFile(), "rw")) {
            file.seek(8192);
            file.write("damaged".getBytes(StandardCharsets.US_ASCII));
        }
    }

    @Test
    void ls_shows_each_snapshot_with_what_keeps_it() throws IOException {
        // GIVEN
        store.pin(redis.id());

        // WHEN
        Run ls;
        try (Lease lease = lease(one)) {
            then(lease.info().purpose()).isEqualTo("CounterTest");
            ls = cache("ls");
        }

        // THEN
        then(ls.code()).isZero();
        then(ls.err()).isEmpty();
        then(ls.out().lines()).hasSize(4);
        then(ls.out().lines().findFirst().orElseThrow().split(" {2,}"))
                .containsExactly("ID", "NAME", "IMAGE", "CREATED", "LAST USED", "MEMORY", "OWN", "REMARKS");
        then(ls.out())
                .containsPattern(
                        redis.id().abbreviated() + " +redis +abababababab +(just now|[0-9]+ seconds ago) +.*pinned")
                .containsPattern(one.id().abbreviated() + " +postgres .* 16 MiB +4.0 MiB +used by process "
                        + ProcessHandle.current().pid());
    }

    @Test
    void ls_prints_json_with_bytes_and_iso_times() throws IOException {
        store.pin(redis.id());
        try (Lease lease = lease(redis)) {
            then(lease.info().snapshot()).contains(redis.id());

            JsonNode found = find(cache("ls", "--json").json().path("snapshots"), redis);

            then(found.path("name").textValue()).isEqualTo("redis");
            then(found.path("image").textValue()).isEqualTo("sha256:" + "ab".repeat(32));
            then(found.path("parent").isNull()).isTrue();
            then(Instant.parse(found.path("created").textValue()))
                    .isEqualTo(redis.manifest().created());
            then(Instant.parse(found.path("lastUsed").textValue())).isBefore(Instant.now());
            then(found.path("memoryBytes").longValue()).isEqualTo((long) Bakes.PAGES * Bakes.PAGE);
            then(found.path("ownBytes").longValue()).isBetween(4L << 20, 5L << 20);
            then(found.path("pinned").booleanValue()).isTrue();
            then(found.at("/users/0/pid").longValue())
                    .isEqualTo(ProcessHandle.current().pid());
            then(found.at("/users/0/purpose").textValue()).isEqualTo("CounterTest");
        }
    }

    private static JsonNode find(JsonNode snapshots, Snapshot wanted) {
        for (JsonNode snapshot : snapshots) {
            if (snapshot.path("id").textValue().equals(wanted.id().sha256())) {
                return snapshot;
            }
        }
        throw new AssertionError(wanted.id() + " is not in " + snapshots);
    }

    @Test
    void an_empty_store_is_said_to_be_empty() throws IOException {
        then(cache("rm", "--all").code()).isZero();

        then(cache("ls").out()).startsWith("There are no snapshots in ");
        then(cache("ls", "--json").json().path("snapshots").size()).isZero();
        then(cache("du", "--json").json().path("allocatedBytes").longValue()).isZero();
    }

    @Test
    void inspect_hides_the_values_of_the_environment() throws IOException {
        Run text = cache("inspect", "redis");
        Run json = cache("inspect", "redis", "--json");

        then(text.code()).isZero();
        then(text.out())
                .contains(redis.id().sha256(), "PASSWORD", "(hidden)", "coldBootMillis", "device-state")
                .contains("[\"redis-server\",\"--save\",\"\"]")
                .doesNotContain("hunter2");
        then(json.out()).doesNotContain("hunter2");
        then(json.json().at("/key/env/PASSWORD").textValue()).isEqualTo("(hidden)");
        then(json.json().at("/key/argv/0").textValue()).isEqualTo("redis-server");
        then(json.json().at("/files/memory/path").textValue())
                .isEqualTo(redis.memory().toString());
        then(json.json().at("/notes/name").textValue()).isEqualTo("redis");
    }

    @Test
    void inspect_shows_secrets_when_it_is_told_to() throws IOException {
        then(cache("inspect", "redis", "--show-secrets").out()).containsPattern("PASSWORD +hunter2");
        then(cache("inspect", "redis", "--show-secrets", "--json")
                        .json()
                        .at("/key/env/PASSWORD")
                        .textValue())
                .isEqualTo("hunter2");
    }

    @Test
    void a_name_of_two_snapshots_is_refused_with_both() throws IOException {
        Run run = cache("inspect", "postgres");

        then(run.code()).isEqualTo(2);
        then(run.out()).isEmpty();
        then(run.err())
                .startsWith("thaw: 'postgres' is not enough, as it can be any of 2:\n")
                .contains(
                        "  " + one.id().abbreviated() + " (postgres), made ",
                        two.id().abbreviated())
                .endsWith("Give more digits of the id.\n");
    }

    @Test
    void the_beginning_of_two_ids_is_refused_with_both() throws IOException {
        String digit = redis.id().sha256().substring(0, 1);
        String password = Stream.iterate(0, i -> i + 1)
                .map(i -> "like " + i)
                .filter(text -> Bakes.key(text).sha256().startsWith(digit))
                .findFirst()
                .orElseThrow();
        Snapshot like = Bakes.bake(store, "other", password);

        Run run = cache("rm", digit);

        then(run.code()).isEqualTo(2);
        then(run.err())
                .startsWith("thaw: '" + digit + "' is not enough, as it can be any of ")
                .contains(redis.id().abbreviated() + " (redis)", like.id().abbreviated() + " (other)");
        then(store.list()).hasSize(4);
    }

    @Test
    void a_snapshot_is_named_by_the_beginning_of_its_id_or_the_whole() throws IOException {
        then(cache("inspect", one.id().abbreviated()).out()).contains(one.id().sha256());
        then(cache("inspect", one.id().sha256()).out()).contains(one.id().sha256());
    }

    @Test
    void what_no_snapshot_is_named_is_a_usage_error() throws IOException {
        Run run = cache("pin", "nothing");

        then(run.code()).isEqualTo(2);
        then(run.err())
                .isEqualTo("thaw: No snapshot has an id that begins with 'nothing', or that name. `thaw cache ls` lists"
                        + " those that there are.\n");
    }

    @Test
    void verify_finds_intact_snapshots_intact() throws IOException {
        Run run = cache("verify");

        then(run.code()).isZero();
        then(run.err()).isEmpty();
        then(run.out()).contains(redis.id().abbreviated() + " (redis): intact").endsWith("3 intact, 0 damaged\n");
    }

    @Test
    void verify_finds_damage_and_removes_it() throws IOException {
        damage(redis);

        Run run = cache("verify");

        then(run.code()).isEqualTo(1);
        then(run.err()).isEmpty();
        then(run.out())
                .contains(redis.id().abbreviated() + " (redis): DAMAGED")
                .contains(redis.memory() + " has chunks of SHA-256 ")
                .endsWith("2 intact, 1 damaged\n");
        then(cache("verify", "--json").json().path("snapshots").size()).isEqualTo(2);
    }

    @Test
    void verify_tells_of_damage_in_json() throws IOException {
        damage(redis);

        Run run = cache("verify", redis.id().sha256(), "--json");

        then(run.code()).isEqualTo(1);
        JsonNode found = find(run.json().path("snapshots"), redis);
        then(found.path("intact").booleanValue()).isFalse();
        then(found.at("/problems/0").textValue()).contains(redis.memory().toString());
    }

    @Test
    void verify_finds_manifests_that_are_damaged_and_so_not_listed() throws IOException {
        Path manifest = store.folder().resolve("snapshots/" + one.id() + ".json");
        Files.writeString(manifest, "{");

        Run run = cache("verify");

        then(run.code()).isEqualTo(1);
        then(run.out()).contains("DAMAGED manifest", manifest.toString()).endsWith("2 intact, 1 damaged\n");
        then(cache("gc").code()).isZero();
        then(cache("verify").code()).isZero();
    }

    @Test
    void rm_removes_what_is_named() throws IOException {
        Run run = cache("rm", "redis", two.id().abbreviated());

        then(run.code()).isZero();
        then(run.out())
                .isEqualTo("removed " + redis.id().abbreviated() + " (redis)\nremoved "
                        + two.id().abbreviated() + " (postgres)\n");
        then(store.list()).extracting(Snapshot::id).containsExactly(one.id());
    }

    @Test
    void rm_leaves_what_is_pinned_or_in_use_and_says_so() throws IOException {
        store.pin(redis.id());
        try (Lease lease = lease(one)) {
            Run run = cache("rm", "--all");

            then(lease.info().purpose()).isEqualTo("CounterTest");
            then(run.code()).isEqualTo(1);
            then(run.out()).isEqualTo("removed " + two.id().abbreviated() + " (postgres)\n");
            then(run.err().lines())
                    .containsExactlyInAnyOrder(
                            "thaw: Snapshot " + redis.id().abbreviated()
                                    + " is pinned, and can't be removed. Unpin it first",
                            "thaw: Snapshot " + one.id().abbreviated() + " is in use by process "
                                    + ProcessHandle.current().pid() + " (CounterTest), and can't be removed");
        }
        JsonNode json = cache("rm", "--all", "--json").json();
        then(json.at("/removed/0/id").textValue()).isEqualTo(one.id().sha256());
        then(json.at("/refused/0/id").textValue()).isEqualTo(redis.id().sha256());
        then(json.at("/refused/0/reason").textValue()).contains("is pinned");
    }

    @Test
    void rm_needs_names_or_all_and_not_both() throws IOException {
        then(cache("rm").code()).isEqualTo(2);
        then(cache("rm", "--all", "redis").code()).isEqualTo(2);
        then(store.list()).hasSize(3);
    }

    @Test
    void a_pinned_snapshot_can_be_unpinned() throws IOException {
        then(cache("pin", "redis").out()).isEqualTo("pinned " + redis.id().abbreviated() + " (redis)\n");
        then(cache("rm", "redis").code()).isEqualTo(1);
        then(cache("unpin", "redis", "--json").json().at("/unpinned/0/name").textValue())
                .isEqualTo("redis");
        then(cache("rm", "redis").code()).isZero();
    }

    @Test
    void gc_says_what_would_go_and_then_removes_it() throws IOException {
        // GIVEN a limit that leaves room for two, and redis was used first
        Run dry = cache("gc", "--max-bytes", "9m", "--dry-run");
        then(dry.code()).isZero();
        then(dry.out()).startsWith("would remove " + redis.id().abbreviated() + " (redis)\nwould free 4");
        then(store.list()).hasSize(3);
        JsonNode planned = cache("gc", "--max-bytes", "9m", "-n", "--json").json();

        JsonNode done = cache("gc", "--max-bytes", "9m", "--json").json();
        then(done.at("/removed/0/id").textValue()).isEqualTo(redis.id().sha256());
        then(done.path("freedBytes")).isEqualTo(planned.path("freedBytes"));
        then(done.path("keptBytes")).isEqualTo(planned.path("keptBytes"));
        then(done.path("maxAge").textValue()).isEqualTo("PT720H");
        then(store.list()).hasSize(2);
    }

    @Test
    void gc_that_may_not_keep_to_its_size_ends_with_status_1() throws IOException {
        store.pin(redis.id());

        Run run = cache("gc", "--max-bytes", "1m");

        then(run.code()).isEqualTo(1);
        then(run.err())
                .isEqualTo(
                        "thaw: what stays is pinned or in use, and more than 1 MiB; `thaw cache ls` says by whom.\n");
        then(store.list()).extracting(Snapshot::id).containsExactly(redis.id());
    }

    @Test
    void gc_keeps_to_the_settings_of_the_machine() throws IOException {
        Run run = Run.command(
                Map.of("THAW_HOME", home.toString(), "THAW_CACHE_MAX_BYTES", "0"),
                List.of(
                        System.getProperty("java.home") + "/bin/java",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.thaw.cli.Main",
                        "cache",
                        "gc"));

        then(run.code()).isZero();
        then(store.list()).isEmpty();
    }

    @Test
    void du_tells_lengths_and_what_is_on_disk() throws IOException {
        Run run = cache("du");
        JsonNode json = cache("du", "--json").json();

        then(run.code()).isZero();
        then(run.out().lines()).hasSize(5);
        then(run.out().lines().reduce((a, b) -> b).orElseThrow()).startsWith("all  ");
        then(json.path("apparentBytes").longValue()).isBetween(48L << 20, (48L << 20) + 4096);
        then(json.path("allocatedBytes").longValue()).isBetween(12L << 20, 14L << 20);
        then(find(json.path("snapshots"), one).path("allocatedBytes").longValue())
                .isBetween(4L << 20, 5L << 20);
        then(cache("du", "redis", "--json").json().path("snapshots").size()).isEqualTo(1);
    }
}

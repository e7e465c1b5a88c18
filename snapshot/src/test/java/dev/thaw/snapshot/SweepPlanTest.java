// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static org.assertj.core.api.BDDAssertions.then;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SweepPlanTest {
    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
    private static final Duration DAY = Duration.ofDays(1);

    private static Blob blob(Blob.Kind kind, int number) {
        return new Blob(kind, "%064x".formatted(number), 1L << 20);
    }

    private static Snapshot snapshot(int number, Optional<SnapshotId> parent, int memory) {
        Manifest manifest = new Manifest(
                Bakes.key("image" + number),
                parent,
                Map.of(
                        SnapshotFile.MEMORY, blob(Blob.Kind.CHUNKED, memory),
                        SnapshotFile.DEVICE_STATE, blob(Blob.Kind.WHOLE, 1000 + number)),
                NOW.minus(DAY.multipliedBy(100)),
                Duration.ZERO,
                new TreeMap<>());
        return new Snapshot(manifest.id(), manifest, Path.of("store"));
    }

    private static SweepPlan.Candidate candidate(Snapshot snapshot, int daysAgo, boolean held) {
        return new SweepPlan.Candidate(snapshot, NOW.minus(DAY.multipliedBy(daysAgo)), held);
    }

    /** Memories take 100 bytes, device states 1. */
    private static SweepPlan plan(long maxBytes, int maxDays, List<SweepPlan.Candidate> candidates) {
        Map<Blob, BlobSizes.Size> sizes = new HashMap<>();
        for (SweepPlan.Candidate candidate : candidates) {
            candidate
                    .snapshot()
                    .manifest()
                    .files()
                    .forEach(
                            (part, blob) -> sizes.put(blob, BlobSizes.Size.own(part == SnapshotFile.MEMORY ? 100 : 1)));
        }
        return new SweepPlan(new SweepLimits(maxBytes, DAY.multipliedBy(maxDays)), NOW, new BlobSizes(sizes));
    }

    @Test
    void the_least_recently_used_go_first_and_no_more_than_have_to() {
        Snapshot old = snapshot(1, Optional.empty(), 1);
        Snapshot middle = snapshot(2, Optional.empty(), 2);
        Snapshot recent = snapshot(3, Optional.empty(), 3);
        List<SweepPlan.Candidate> all =
                List.of(candidate(recent, 1, false), candidate(old, 9, false), candidate(middle, 5, false));

        SweepPlan plan = plan(202, 365, all);

        then(plan.victims(all)).containsExactly(old);
        then(plan.keptBytes()).isEqualTo(202);
        then(plan(101, 365, all).victims(all)).containsExactly(old, middle);
        then(plan(303, 365, all).victims(all)).isEmpty();
    }

    @Test
    void what_was_not_used_for_too_long_goes_though_there_is_room() {
        Snapshot old = snapshot(1, Optional.empty(), 1);
        Snapshot recent = snapshot(2, Optional.empty(), 2);
        List<SweepPlan.Candidate> all = List.of(candidate(recent, 29, false), candidate(old, 31, false));

        then(plan(Long.MAX_VALUE, 30, all).victims(all)).containsExactly(old);
    }

    @Test
    void what_is_held_and_all_that_it_comes_from_stays_at_any_size() {
        Snapshot baked = snapshot(1, Optional.empty(), 1);
        Snapshot first = snapshot(1, Optional.of(baked.id()), 2);
        Snapshot second = snapshot(1, Optional.of(first.id()), 3);
        List<SweepPlan.Candidate> held =
                List.of(candidate(baked, 99, false), candidate(first, 99, false), candidate(second, 99, true));
        List<SweepPlan.Candidate> free =
                List.of(candidate(baked, 99, false), candidate(first, 99, false), candidate(second, 99, false));

        then(plan(0, 0, held).victims(held)).isEmpty();
        then(plan(0, 0, free).victims(free)).containsExactly(second, first, baked);
    }

    @Test
    void a_checkpoint_that_nobody_holds_goes_and_what_it_was_taken_of_stays() {
        Snapshot baked = snapshot(1, Optional.empty(), 1);
        Snapshot checkpoint = snapshot(1, Optional.of(baked.id()), 2);
        List<SweepPlan.Candidate> all = List.of(candidate(baked, 1, false), candidate(checkpoint, 0, false));

        then(plan(Long.MAX_VALUE, 365, all).victims(all)).containsExactly(checkpoint);
    }

    @Test
    void what_snapshots_share_counts_once_and_is_gained_with_the_last_of_them() {
        Snapshot one = snapshot(1, Optional.empty(), 1);
        Snapshot two = snapshot(2, Optional.empty(), 1);
        Snapshot three = snapshot(3, Optional.empty(), 3);
        List<SweepPlan.Candidate> all =
                List.of(candidate(one, 9, false), candidate(two, 8, false), candidate(three, 7, false));

        then(plan(203, 365, all).victims(all)).isEmpty();
        then(plan(202, 365, all).victims(all)).containsExactly(one);
        then(plan(201, 365, all).victims(all)).containsExactly(one, two);
    }

    /** Against the same rules, written as slowly as can be. */
    @Test
    void any_family_of_snapshots_is_swept_as_the_rules_say() {
        long seed = Long.getLong("thaw.test.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            List<SweepPlan.Candidate> all = family(random);
            long maxBytes = random.nextInt(1200);
            int maxDays = random.nextInt(60);
            SweepPlan plan = plan(maxBytes, maxDays, all);

            List<Snapshot> victims = plan.victims(all);

            then(victims)
                    .as("-Dthaw.test.seed=%d, round %d", seed, round)
                    .containsExactlyElementsOf(model(all, maxBytes, maxDays));
        }
    }

    private static List<SweepPlan.Candidate> family(Random random) {
        List<SweepPlan.Candidate> all = new ArrayList<>();
        int count = random.nextInt(12);
        for (int i = 0; i < count; i++) {
            Optional<SnapshotId> parent = all.isEmpty() || random.nextBoolean()
                    ? Optional.empty()
                    : Optional.of(all.get(random.nextInt(all.size())).snapshot().id());
            Snapshot snapshot = snapshot(i, parent, random.nextInt(8));
            all.add(candidate(snapshot, random.nextInt(60), random.nextInt(4) == 0));
        }
        return all;
    }

    private static List<Snapshot> model(List<SweepPlan.Candidate> all, long maxBytes, int maxDays) {
        List<SweepPlan.Candidate> left = new ArrayList<>(all);
        List<Snapshot> victims = new ArrayList<>();
        while (true) {
            SweepPlan.Candidate next = null;
            for (SweepPlan.Candidate candidate : left) {
                boolean heir = left.stream()
                        .anyMatch(other -> other.snapshot()
                                .manifest()
                                .parent()
                                .equals(Optional.of(candidate.snapshot().id())));
                boolean old = candidate.lastUse().isBefore(NOW.minus(DAY.multipliedBy(maxDays)));
                boolean goes = candidate.snapshot().manifest().parent().isPresent() || old || bytes(left) > maxBytes;
                boolean earlier = next == null
                        || candidate.lastUse().isBefore(next.lastUse())
                        || (candidate.lastUse().equals(next.lastUse())
                                && candidate
                                                .snapshot()
                                                .id()
                                                .compareTo(next.snapshot().id())
                                        < 0);
                if (!candidate.held() && !heir && goes && earlier) {
                    next = candidate;
                }
            }
            if (next == null) {
                return victims;
            }
            left.remove(next);
            victims.add(next.snapshot());
        }
    }

    private static long bytes(List<SweepPlan.Candidate> left) {
        Set<Blob> blobs = left.stream()
                .flatMap(candidate -> candidate.snapshot().manifest().files().values().stream())
                .collect(Collectors.toCollection(HashSet::new));
        return blobs.stream()
                .mapToLong(blob -> blob.kind() == Blob.Kind.CHUNKED ? 100 : 1)
                .sum();
    }
}

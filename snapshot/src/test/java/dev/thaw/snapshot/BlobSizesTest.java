// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.snapshot.clone.ByteRange;
import dev.thaw.snapshot.testing.RandomPages;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class BlobSizesTest {
    private static Blob blob(int number) {
        return new Blob(Blob.Kind.CHUNKED, "%064x".formatted(number), 1L << 20);
    }

    @Test
    void blocks_that_two_share_go_with_the_last_of_them() {
        BlobSizes sizes = new BlobSizes(Map.of(
                blob(1), new BlobSizes.Size(10, List.of(new ByteRange(1000, 100))),
                blob(2), new BlobSizes.Size(5, List.of(new ByteRange(1050, 100)))));
        sizes.tell(blob(3), 1);

        sizes.add(blob(1));
        then(sizes.bytes()).isEqualTo(110);
        sizes.add(blob(2));
        sizes.add(blob(3));
        then(sizes.bytes()).isEqualTo(166);
        sizes.remove(blob(1));
        then(sizes.bytes()).isEqualTo(106);
        sizes.remove(blob(2));
        sizes.remove(blob(3));
        then(sizes.bytes()).isZero();
    }

    @Test
    void ranges_that_overlap_count_once() {
        then(bytesOf(List.of())).isZero();
        then(bytesOf(List.of(
                        new ByteRange(100, 50),
                        new ByteRange(0, 10),
                        new ByteRange(120, 50),
                        new ByteRange(130, 5),
                        new ByteRange(0, 10))))
                .isEqualTo(80);
    }

    private static long bytesOf(List<ByteRange> shared) {
        BlobSizes sizes = new BlobSizes(Map.of(blob(1), new BlobSizes.Size(0, shared)));
        sizes.add(blob(1));
        return sizes.bytes();
    }

    /** Against sets of single blocks. */
    @RepeatedTest(20)
    void any_set_takes_the_blocks_that_are_in_any_of_its_blobs() {
        long seed = RandomPages.seed();
        Random random = new Random(seed);
        Map<Blob, BlobSizes.Size> all = new HashMap<>();
        Map<Blob, Set<Long>> blocks = new HashMap<>();
        for (int i = 0; i < 6; i++) {
            List<ByteRange> ranges = new ArrayList<>();
            Set<Long> own = blocks.computeIfAbsent(blob(i), blob -> new HashSet<>());
            for (int n = random.nextInt(5); n > 0; n--) {
                ByteRange range = new ByteRange(random.nextInt(40), random.nextInt(10));
                ranges.add(range);
                for (long at = range.offset(); at < range.end(); at++) {
                    own.add(at);
                }
            }
            all.put(blob(i), new BlobSizes.Size(i, ranges));
        }
        BlobSizes sizes = new BlobSizes(all);
        Set<Blob> in = new HashSet<>();
        for (int step = 0; step < 50; step++) {
            Blob blob = blob(random.nextInt(6));
            if (in.remove(blob)) {
                sizes.remove(blob);
            } else {
                in.add(blob);
                sizes.add(blob);
            }
            Set<Long> union = new HashSet<>();
            in.forEach(one -> union.addAll(blocks.get(one)));
            long own = in.stream().mapToLong(one -> all.get(one).ownBytes()).sum();
            then(sizes.bytes()).as("-Dthaw.test.seed=%d", seed).isEqualTo(own + union.size());
        }
    }
}

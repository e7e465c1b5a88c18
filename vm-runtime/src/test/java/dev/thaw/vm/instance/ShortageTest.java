// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.instance;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.vm.engine.MachineSpec;
import dev.thaw.vm.engine.Scratch;
import dev.thaw.vm.guest.GuestStats;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ShortageTest {
    private static final Path ANY = Path.of("any");
    private static final MachineSpec IN_MEMORY =
            new MachineSpec("vm-1", ANY, ANY, ANY, "", ANY, ANY, 96L << 20, 1, Optional.empty());
    private static final MachineSpec ON_DISK = IN_MEMORY.with(new Scratch(ANY, Optional.empty(), 32L << 20));

    private static GuestStats stats(long total, long free, long inodes, long freeInodes, long killed) {
        return new GuestStats(
                1, 1, total, free, inodes, freeInodes, killed, Duration.ZERO, Duration.ZERO, Instant.EPOCH);
    }

    @Test
    void nothing_is_said_of_a_guest_that_has_room() {
        then(Shortage.describe(stats(100_000_000, 5_000_000, 0, 0, 0), IN_MEMORY))
                .isEmpty();
        then(Shortage.describe(stats(30_000_000, 2_000_000, 8192, 10, 0), ON_DISK))
                .isEmpty();
    }

    @Test
    void nothing_is_made_of_numbers_that_tell_nothing() {
        then(Shortage.describe(stats(0, 0, 0, 0, 0), IN_MEMORY)).isEmpty();
    }

    @Test
    void one_in_which_a_large_file_finds_no_room_is_nearly_full() {
        then(Shortage.describe(stats(100_000_000, 3_000_000, 0, 0, 0), IN_MEMORY))
                .isEqualTo(
                        "The guest's writable layer is nearly full: 3000000 of 100000000 bytes are free. It is kept in"
                                + " memory (tmpfs), three quarters of 96 MiB; give the VM more memory, or a disk, such as disk ="
                                + " \"4g\".\n");
    }

    @Test
    void a_disk_without_room_for_more_files_is_told_from_a_full_one() {
        then(Shortage.describe(stats(30_000_000, 20_000_000, 8192, 0, 0), ON_DISK))
                .isEqualTo("The guest's writable layer has no room for more files: 0 of 8192 inodes are free. It is a"
                        + " scratch disk of 32 MiB; give the VM a larger disk.\n");
    }

    @Test
    void all_that_is_short_is_told() {
        then(Shortage.describe(stats(30_000_000, 0, 8192, 0, 2), ON_DISK).lines())
                .hasSize(3)
                .last()
                .isEqualTo(
                        "The guest has run out of memory: its kernel has killed 2 processes for that since its boot. It"
                                + " has 96 MiB; give the VM more memory.");
    }

    @Test
    void numbers_at_their_limits_do_no_harm() {
        long most = Long.MAX_VALUE;
        then(Shortage.describe(stats(most, 0, most, 0, most), IN_MEMORY).lines())
                .hasSize(3);
    }
}

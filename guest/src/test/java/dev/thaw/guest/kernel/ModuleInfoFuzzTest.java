// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.kernel;

import static org.assertj.core.api.BDDAssertions.then;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.thaw.guest.PackageFiles;
import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ModuleInfoFuzzTest {
    @Test
    void dependencies_are_read_with_underscores() throws Exception {
        then(ModuleInfo.parse("x", PackageFiles.module("virtio-ring", "crc32c")).depends())
                .containsExactly("virtio_ring", "crc32c");
        then(ModuleInfo.parse("x", PackageFiles.module()).depends()).isEmpty();
    }

    @Test
    void a_damaged_module_is_an_io_exception_or_harmless() {
        long seed = Long.getLong("thaw.test.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int round = 0; round < 5000; round++) {
            byte[] elf = PackageFiles.module("a", "b");
            for (int damages = 1 + random.nextInt(4); damages > 0; damages--) {
                elf[random.nextInt(elf.length)] = (byte) random.nextInt();
            }
            parse(elf);
        }
    }

    @FuzzTest
    void any_bytes_are_an_io_exception_or_harmless(byte[] bytes) {
        parse(bytes);
    }

    private static void parse(byte[] elf) {
        try {
            then(ModuleInfo.parse("fuzzed", elf).depends().size()).isLessThan(elf.length);
        } catch (IOException expected) {
            then(expected).hasMessageContaining("fuzzed");
        }
    }
}

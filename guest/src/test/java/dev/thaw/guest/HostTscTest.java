// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest;

import static org.assertj.core.api.BDDAssertions.then;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Elsewhere there is no such counter to ask for, and nothing to test. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class HostTscTest {
    @TempDir
    Path folder;

    @Test
    void the_frequency_is_measured_once_and_remembered() throws Exception {
        OptionalLong measured = HostTsc.kilohertz(folder);
        then(measured).isPresent();
        Path file = folder.resolve("host-tsc-khz");
        String boot =
                Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
        then(file).hasContent(boot + " " + measured.getAsLong());
        Files.writeString(file, boot + " 1234567\n");
        then(HostTsc.kilohertz(folder)).hasValue(1_234_567);
        then(namesIn(folder)).containsExactly("host-tsc-khz");
    }

    @Test
    void what_is_remembered_of_another_boot_or_damaged_is_measured_again() throws Exception {
        String boot =
                Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
        List<byte[]> damages = new ArrayList<>();
        for (String text :
                List.of("", "x", boot, boot + " ", boot + " fast", boot + " -5", boot + " 0", "other 1234567")) {
            damages.add(text.getBytes(StandardCharsets.US_ASCII));
        }
        damages.add((boot + " 99999999999999999999").getBytes(StandardCharsets.US_ASCII));
        damages.add(new byte[] {(byte) 0xff, (byte) 0xc3, 0, 1});
        damages.add(new byte[100_000]);
        for (byte[] damage : damages) {
            Path file = Files.write(folder.resolve("host-tsc-khz"), damage);
            OptionalLong measured = HostTsc.kilohertz(folder);
            then(measured).as("%d bytes", damage.length).isPresent();
            then(file).hasContent(boot + " " + measured.getAsLong());
        }
    }

    /** Each of them writes a program and starts it, while others hold copies of its descriptor on their way to an exec. */
    @Test
    void threads_that_measure_at_the_same_time_do_not_keep_each_other_from_it() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<OptionalLong>> work = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                Path own = folder.resolve("cache" + i);
                work.add(() -> HostTsc.kilohertz(own));
            }
            for (Future<OptionalLong> measured : threads.invokeAll(work)) {
                then(measured.get()).isPresent();
            }
        } finally {
            threads.shutdownNow();
            then(threads.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
        }
    }

    private static List<String> namesIn(Path folder) throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}

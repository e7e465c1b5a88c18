// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.blob;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.snapshot.disk.Pages;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SparseFilesTest {
    private static final int PAGE = Pages.BYTES;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4095, 4096, 4097, 1 << 20, (1 << 20) + 1, (3 << 20) - 5})
    void a_sparse_copy_reads_back_the_same_at_any_length(int length) throws IOException {
        long seed = Long.getLong("thaw.test.seed", System.nanoTime());
        byte[] content = patchy(new Random(seed), length);
        Path from = Files.write(folder.resolve("from"), content);
        Path to = Files.createFile(folder.resolve("to"));

        SparseFiles.Content copied = SparseFiles.copy(from, to);

        then(Files.readAllBytes(to)).as("-Dthaw.test.seed=%d", seed).isEqualTo(content);
        then(copied.dataBytes()).isEqualTo(nonZeroPages(content));
        then(SparseFiles.read(to)).as("what is hashed and counted again").satisfies(again -> {
            then(again.chunks().sha256()).isEqualTo(copied.chunks().sha256());
            then(again.dataBytes()).isEqualTo(copied.dataBytes());
        });
    }

    /** Runs of random pages, of zero pages, and of pages with one byte somewhere. */
    private static byte[] patchy(Random random, int length) {
        byte[] content = new byte[length];
        for (int at = 0; at < length; ) {
            int end = Math.min(length, at + PAGE * (1 + random.nextInt(20)));
            switch (random.nextInt(3)) {
                case 0 -> {
                    byte[] run = new byte[end - at];
                    random.nextBytes(run);
                    System.arraycopy(run, 0, content, at, run.length);
                }
                case 1 -> content[at + random.nextInt(end - at)] = 1;
                default -> {}
            }
            at = end;
        }
        return content;
    }

    private static long nonZeroPages(byte[] content) {
        long sum = 0;
        for (int at = 0; at < content.length; at += PAGE) {
            int end = Math.min(content.length, at + PAGE);
            boolean zero = true;
            for (int i = at; i < end; i++) {
                zero &= content[i] == 0;
            }
            sum += zero ? 0 : end - at;
        }
        return sum;
    }

    @Test
    void pages_of_zeros_take_no_room_on_disk() throws Exception {
        // GIVEN 16 MiB that are written out as zeros but for two pages
        byte[] content = new byte[16 << 20];
        content[5] = 1;
        content[content.length - 1] = 1;
        Path from = Files.write(folder.resolve("from"), content);
        Path to = Files.createFile(folder.resolve("to"));

        SparseFiles.copy(from, to);

        then(allocatedBytes(to)).isBetween(2L * PAGE, 16L * PAGE);
    }

    /** The JDK does not tell. */
    private static long allocatedBytes(Path file) throws Exception {
        String[] blocksAndSize = output("stat", "-c", "%b %B", file.toString()).split(" ", 2);
        return Long.parseLong(blocksAndSize[0]) * Long.parseLong(blocksAndSize[1]);
    }

    private static String output(String... command) throws Exception {
        Process process = new ProcessBuilder(command).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        then(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return out;
    }
}

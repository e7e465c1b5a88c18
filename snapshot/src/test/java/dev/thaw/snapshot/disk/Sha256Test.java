// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.disk;

import static org.assertj.core.api.BDDAssertions.then;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Sha256Test {
    @TempDir
    Path folder;

    @Test
    void the_hash_of_a_file_is_the_one_of_sha256sum_and_of_its_bytes() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "thaw".repeat(500_000));

        then(output("sha256sum", file.toString()))
                .startsWith(Sha256.of(file))
                .startsWith(Sha256.of(Files.readAllBytes(file)));
    }

    private static String output(String... command) throws Exception {
        Process process = new ProcessBuilder(command).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        then(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return out;
    }
}

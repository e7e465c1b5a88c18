// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot.dedup;

import static org.assertj.core.api.BDDAssertions.then;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplacementTest {
    @TempDir
    Path folder;

    private Path leftBy(long pid, long startMillis) throws IOException {
        return Files.createFile(
                folder.resolve("memory." + pid + "-" + startMillis + "-" + UUID.randomUUID() + ".dedup"));
    }

    @Test
    void what_dead_processes_left_is_cleared_and_nothing_else() throws IOException {
        ProcessHandle self = ProcessHandle.current();
        long start = self.info().startInstant().map(Instant::toEpochMilli).orElseThrow();
        Path dead = leftBy(999_999_999, start);
        Path sameNumberBefore = leftBy(self.pid(), start - 60_000);
        List<Path> others = List.of(
                leftBy(self.pid(), start),
                leftBy(self.pid(), 0),
                Files.createFile(folder.resolve("memory")),
                Files.createFile(folder.resolve("memory.dedup")),
                Files.createFile(folder.resolve("memory.1-1-x.dedup")));

        Deduplicator.clearLeftovers(folder);

        then(dead).doesNotExist();
        then(sameNumberBefore).doesNotExist();
        then(others).allMatch(Files::exists);
        then(others).filteredOn(Deduplicator::isTemporary).isEqualTo(others.subList(0, 2));
    }

    @Test
    void an_unused_replacement_is_gone_when_it_is_closed() throws IOException {
        Path target = Files.createFile(folder.resolve("memory"));
        Path file;
        try (Replacement replacement = new Replacement(target)) {
            file = Files.createFile(replacement.file());
            then(Deduplicator.isTemporary(file)).isTrue();
        }
        then(folder.toFile().list()).containsOnly("memory");
    }
}

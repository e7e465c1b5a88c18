// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.cache;

import static org.assertj.core.api.BDDAssertions.then;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of temporary files that nobody finishes. */
class CacheFolderTest {
    /** This process's number, but of one that started in 1970. */
    private static final String KILLED = "." + ProcessHandle.current().pid() + "-1-0f0f0f0f-0000.tmp";

    @TempDir
    private Path temp;

    @Test
    void what_a_killed_process_left_goes_when_its_file_is_written() throws IOException {
        // GIVEN
        leftover("a");
        leftover("b");
        leftover("a.json");
        CacheFolder folder = CacheFolder.open(temp);
        // WHEN
        folder.write("a", new byte[1]);
        // THEN
        then(names()).containsExactly("a", "a.json" + KILLED, "b" + KILLED);
        // WHEN others are written later
        folder.write("b", new byte[1]);
        folder.write("a.json", new byte[1]);
        // THEN
        then(names()).containsExactly("a", "a.json", "b");
    }

    @Test
    void the_folder_is_looked_through_once_and_again_by_who_opens_it_next() throws IOException {
        // GIVEN
        CacheFolder folder = CacheFolder.open(temp);
        folder.write("a", new byte[1]);
        leftover("a");
        // WHEN
        folder.write("a", new byte[1]);
        // THEN
        then(names()).containsExactly("a", "a" + KILLED);
        // WHEN
        CacheFolder.open(temp).write("a", new byte[1]);
        // THEN
        then(names()).containsExactly("a");
    }

    @Test
    void who_holds_a_file_s_lock_looks_at_once() throws IOException {
        // GIVEN
        CacheFolder folder = CacheFolder.open(temp);
        folder.write("a", new byte[1]);
        leftover("a");
        leftover("ab");
        // WHEN
        folder.removeLeftovers("a");
        // THEN
        then(names()).containsExactly("a", "ab" + KILLED);
    }

    @Test
    void what_a_living_process_writes_stays() throws IOException {
        // GIVEN
        Path living = CacheFolder.open(temp).temporary("a");
        Files.write(living, new byte[1]);
        CacheFolder other = CacheFolder.open(temp);
        // WHEN
        other.write("a", new byte[1]);
        other.removeLeftovers("a");
        // THEN
        then(living).exists();
    }

    private void leftover(String name) throws IOException {
        Files.write(temp.resolve(name + KILLED), new byte[1]);
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(temp)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}

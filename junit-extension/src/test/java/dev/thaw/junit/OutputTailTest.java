// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputTailTest {
    @TempDir
    Path folder;

    @Test
    void the_last_twenty_lines_are_kept() {
        List<String> lines =
                IntStream.rangeClosed(1, 100).mapToObj(Integer::toString).toList();

        assertThat(OutputTail.of(lines).lines())
                .hasSize(20)
                .startsWith("  | 81")
                .endsWith("  | 100");
    }

    @Test
    void nothing_gives_nothing() throws IOException {
        assertThat(OutputTail.of(List.of())).isEmpty();
        assertThat(OutputTail.of(Files.createFile(folder.resolve("console")))).isEmpty();
    }

    @Test
    void what_steers_a_terminal_is_replaced_and_long_lines_are_cut() {
        assertThat(OutputTail.of(List.of("\u001b[2Jred\talert\u009b31m")))
                .isEqualTo("  | \ufffd[2Jred\talert\ufffd31m\n");
        assertThat(OutputTail.of(List.of("x".repeat(5000)))).isEqualTo("  | " + "x".repeat(400) + "...\n");
    }

    @Test
    void only_the_end_of_a_file_is_read() throws IOException {
        String lines = "first\n" + "another line of text\n".repeat(1_000_000) + "last, not ended";
        Path file = Files.writeString(folder.resolve("console"), lines);

        assertThat(OutputTail.of(file).lines())
                .hasSize(20)
                .startsWith("  | another line of text")
                .endsWith("  | last, not ended");
    }

    @Test
    void bytes_that_are_no_text_do_no_harm() throws IOException {
        Path file = Files.write(folder.resolve("console"), new byte[] {'a', (byte) 0xff, 0, '\r', '\n', 'b'});

        assertThat(OutputTail.of(file)).isEqualTo("  | a\ufffd\ufffd\n  | b\n");
    }
}

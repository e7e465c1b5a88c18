// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Collectors;

/** The end of what a guest wrote, fit for a report: few lines, none too long, nothing in them that steers a terminal. */
final class OutputTail {
    static final int LINES = 20;
    private static final int MAX_LINE_CHARS = 400;
    private static final int MAX_BYTES = 64 << 10;

    private OutputTail() {}

    /** The last lines, each indented and ended by a newline; empty if there are none. */
    static String of(List<String> lines) {
        return lines.subList(Math.max(0, lines.size() - LINES), lines.size()).stream()
                .map(line -> "  | " + printable(line) + "\n")
                .collect(Collectors.joining());
    }

    /** The last lines of a text file, of which only the end is read. */
    static String of(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long start = Math.max(0, channel.size() - MAX_BYTES);
            ByteBuffer bytes = ByteBuffer.allocate(MAX_BYTES);
            for (int got = 0; got >= 0 && bytes.hasRemaining(); ) {
                got = channel.read(bytes, start + bytes.position());
            }
            String text = StandardCharsets.UTF_8.decode(bytes.flip()).toString();
            List<String> lines = text.lines().toList();
            // The first line of a part has probably lost its beginning.
            return of(start > 0 && lines.size() > 1 ? lines.subList(1, lines.size()) : lines);
        }
    }

    private static String printable(String line) {
        String cut = line.length() > MAX_LINE_CHARS ? line.substring(0, MAX_LINE_CHARS) + "..." : line;
        StringBuilder clean = new StringBuilder(cut.length());
        cut.codePoints()
                .map(c -> Character.isISOControl(c) && c != '\t' ? '\ufffd' : c)
                .forEach(clean::appendCodePoint);
        return clean.toString();
    }
}

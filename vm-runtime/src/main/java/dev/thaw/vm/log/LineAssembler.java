// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.log;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Puts bytes together to lines. Not thread-safe. Holds at most one line of bounded length. */
final class LineAssembler {
    static final int MAX_LINE_BYTES = 16384;

    private final Consumer<String> lines;
    private final ByteArrayOutputStream partial = new ByteArrayOutputStream();

    LineAssembler(Consumer<String> lines) {
        this.lines = lines;
    }

    void append(ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            byte b = bytes.get();
            if (b == '\n') {
                emit();
            } else {
                if (partial.size() == MAX_LINE_BYTES) {
                    emit();
                }
                partial.write(b);
            }
        }
    }

    /** What has come since the last end of line. */
    String partial() {
        return partial.toString(StandardCharsets.UTF_8);
    }

    /** Makes a line of what has come since the last end of line, if anything has. */
    void flush() {
        if (partial.size() > 0) {
            emit();
        }
    }

    private void emit() {
        String line = partial();
        partial.reset();
        lines.accept(line.endsWith("\r") ? line.substring(0, line.length() - 1) : line);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/** How soon a guest sees what the host has changed, and whether it does when it is asked right after. */
final class FreshnessBench {
    private static final int PAUSE_MILLIS_MAX = 30;
    private static final int KINDS = 3;

    private final SharingGuest guest;
    private final Random pauses = new Random(1);
    private final Series visible = new Series();
    private int stale;

    FreshnessBench(SharingGuest guest) {
        this.guest = guest;
    }

    /** A program in the guest that looks at a file each millisecond says when it has another content. */
    void watch(int changes) throws IOException {
        Path file = guest.folder().resolve("watched");
        Files.writeString(file, "0");
        guest.driver().ask("watch watched " + changes);
        requireSeen("0");
        for (int i = 1; i <= changes; i++) {
            LockSupport.parkNanos(
                    Duration.ofMillis(1 + pauses.nextInt(PAUSE_MILLIS_MAX)).toNanos());
            long start = System.nanoTime();
            if (i % 2 == 0) {
                Files.writeString(file, Integer.toString(i));
            } else {
                replace(file, Integer.toString(i));
            }
            requireSeen(Integer.toString(i));
            visible.add(Duration.ofNanos(System.nanoTime() - start));
        }
    }

    private void requireSeen(String content) throws IOException {
        String seen = guest.driver().line();
        if (!seen.equals("seen " + content)) {
            throw new IllegalStateException("The guest should have seen " + content + ": " + seen);
        }
    }

    /** The host changes a file, then asks the guest what is in it. */
    void ask(int changes) throws IOException {
        for (int i = 0; i < changes; i++) {
            int kind = i % KINDS;
            Path file = guest.folder().resolve("asked" + kind);
            String content = kind == 0 ? String.format(Locale.ROOT, "%08d", i) : Integer.toString(i);
            switch (kind) {
                case 0 -> overwrite(file, content);
                case 1 -> replace(file, content);
                default -> Files.writeString(file, content);
            }
            String seen = guest.driver().ask("get " + file.getFileName());
            if (!seen.equals(content.length() + " " + content)) {
                stale++;
            }
        }
    }

    /** In place, and as many bytes as before. */
    private static void overwrite(Path file, String content) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(content.getBytes(StandardCharsets.US_ASCII)));
        }
    }

    /** As editors do. */
    private static void replace(Path file, String content) throws IOException {
        Path other = file.resolveSibling(file.getFileName() + ".new");
        Files.writeString(other, content);
        Files.move(other, file, StandardCopyOption.ATOMIC_MOVE);
    }

    Series visible() {
        return visible;
    }

    int stale() {
        return stale;
    }
}

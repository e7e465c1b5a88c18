// SPDX-License-Identifier: Apache-2.0
package dev.thaw.locks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who has a lock, for messages: what the holder wrote, or, on Linux, the processes that the kernel names. Stateless. */
final class LockHolders {
    private static final Logger LOG = LoggerFactory.getLogger(LockHolders.class);
    private static final Path LOCKS = Path.of("/proc/locks");

    /** {@code 1: POSIX  ADVISORY  WRITE 4242 fe:00:2965796 0 EOF}; those who wait have an arrow after the number (proc(5)). */
    private static final Pattern LINE =
            Pattern.compile("\\d+: (?:POSIX|OFDLCK) +\\S+ +\\S+ +(\\d{1,18}) +([0-9a-f]+:[0-9a-f]+):(\\d{1,20}) .*");

    private static final Pattern WRITER = Pattern.compile("process (\\d{1,18}),.*", Pattern.DOTALL);

    private LockHolders() {}

    /** A process that has a lock on a file of this inode. */
    private record Entry(long pid, String device) {}

    /** What the file says, unless it says nothing, or names a process that does not have the lock (any more). */
    static String describe(Path file, String content) {
        Matcher writer = WRITER.matcher(content);
        boolean named = writer.matches();
        if (!content.isEmpty() && !named) {
            return content;
        }
        List<Long> pids = pids(file);
        if (pids.isEmpty() || (named && pids.contains(Long.parseLong(writer.group(1))))) {
            return content;
        }
        return pids.stream().map(LockHolders::name).collect(Collectors.joining(", "));
    }

    /** Not the command line: that may hold secrets. */
    private static String name(long pid) {
        Optional<Path> command = ProcessHandle.of(pid)
                .flatMap(process -> process.info().command())
                .map(Path::of);
        return "process " + pid
                + command.map(path -> " (" + path.getFileName() + ")").orElse("");
    }

    /** Empty where the kernel does not tell. */
    private static List<Long> pids(Path file) {
        try {
            String inode = String.valueOf(Files.getAttribute(file, "unix:ino", LinkOption.NOFOLLOW_LINKS));
            String device = device((Long) Files.getAttribute(file, "unix:dev", LinkOption.NOFOLLOW_LINKS));
            List<Entry> entries = Files.readAllLines(LOCKS).stream()
                    .map(LINE::matcher)
                    .filter(line -> line.matches() && line.group(3).equals(inode))
                    .map(line -> new Entry(Long.parseLong(line.group(1)), line.group(2)))
                    .filter(entry -> entry.pid > 0)
                    .toList();
            // Btrfs gives another number to stat than it has here; then the inode has to do.
            boolean told = entries.stream().anyMatch(entry -> entry.device.equals(device));
            return entries.stream()
                    .filter(entry -> !told || entry.device.equals(device))
                    .map(Entry::pid)
                    .distinct()
                    .toList();
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            LOG.debug("The kernel does not tell who has locked {}", file, e);
            return List.of();
        }
    }

    /** As the kernel prints it; makedev(3) has the layout. */
    private static String device(long number) {
        long major = ((number >>> 8) & 0xfff) | ((number >>> 32) & ~0xfffL);
        long minor = (number & 0xff) | ((number >>> 12) & ~0xffL);
        return String.format("%02x:%02x", major, minor);
    }
}

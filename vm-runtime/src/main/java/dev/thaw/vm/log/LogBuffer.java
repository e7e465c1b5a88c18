// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.log;

import dev.thaw.vm.LogLine;
import dev.thaw.vm.LogLine.Source;
import dev.thaw.vm.Logs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The service's log: the last lines in memory, all of it up to a limit in a file. Thread-safe; whoever appends never
 * waits for whoever reads, since a slow reader loses the oldest lines instead.
 */
public final class LogBuffer implements Logs, AutoCloseable {
    static final int MAX_MEMORY_BYTES = 4 << 20;
    static final long MAX_FILE_BYTES = 64L << 20;
    /** What a line costs beside its text, so that a flood of empty lines is bounded, too. */
    private static final int LINE_OVERHEAD_BYTES = 64;

    private final String vmId;
    private final CappedFile file;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<Source, LineAssembler> assemblers = new EnumMap<>(Source.class);
    private final Deque<LogLine> lines = new ArrayDeque<>();
    private final Set<LogFollower> followers = ConcurrentHashMap.newKeySet();
    private Instant latest = Instant.EPOCH;
    private long firstIndex;
    private long heldBytes;
    private boolean closed;

    /**
     * Lines from an index on.
     *
     * @param next the index to ask for next
     * @param lost how many lines before the first one were dropped since they were asked for too late; zero if there
     *     is no first one
     * @param closed whether no more will come
     */
    public record Batch(List<LogLine> lines, long next, long lost, boolean closed) {}

    public LogBuffer(String vmId, Path file) throws IOException {
        this.vmId = vmId;
        this.file = new CappedFile(file, MAX_FILE_BYTES);
        for (Source source : Source.values()) {
            assemblers.put(source, new LineAssembler(text -> addLocked(new LogLine(source, latest, text))));
        }
    }

    /** Appends what the service wrote. */
    public void append(Source source, Instant time, ByteBuffer bytes) {
        lock.lock();
        try {
            latest = time;
            file.append(bytes.duplicate());
            assemblers.get(source).append(bytes);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Appends a line of Thaw's own. */
    public void note(Instant time, String text) {
        append(Source.THAW, time, StandardCharsets.UTF_8.encode("[thaw: " + text + "]\n"));
    }

    private void addLocked(LogLine line) {
        lines.add(line);
        heldBytes += cost(line);
        while (heldBytes > MAX_MEMORY_BYTES) {
            heldBytes -= cost(lines.remove());
            firstIndex++;
        }
    }

    private static long cost(LogLine line) {
        return LINE_OVERHEAD_BYTES + 2L * line.text().length();
    }

    @Override
    public List<LogLine> lines() {
        lock.lock();
        try {
            List<LogLine> all = new ArrayList<>();
            if (firstIndex > 0) {
                all.add(lostLine(firstIndex, lines.element().time()));
            }
            all.addAll(lines);
            assemblers.forEach((source, assembler) -> {
                if (!assembler.partial().isEmpty()) {
                    all.add(new LogLine(source, latest, assembler.partial()));
                }
            });
            return all;
        } finally {
            lock.unlock();
        }
    }

    /** @param time of the line that it stands before */
    static LogLine lostLine(long count, Instant time) {
        return new LogLine(Source.THAW, time, "[thaw: " + count + " lines before this one are not kept in memory]");
    }

    /** Waits until there is a line with this index or a later one, the log is closed, or the time is over. */
    public Batch await(long index, Duration timeout) throws InterruptedException {
        long nanos = timeout.toNanos();
        lock.lock();
        try {
            while (index >= firstIndex + lines.size() && !closed && nanos > 0) {
                nanos = changed.awaitNanos(nanos);
            }
            long lost = Math.max(0, firstIndex - index);
            long skip = Math.max(0, index - firstIndex);
            List<LogLine> batch = lines.stream().skip(skip).toList();
            return new Batch(batch, firstIndex + lines.size(), lost, closed);
        } finally {
            lock.unlock();
        }
    }

    /** The last lines, for a message; empty if there are none. */
    public String tail(int count) {
        return Printable.quoteLast(count, lines().stream().map(LogLine::text).toList());
    }

    @Override
    public Subscription follow(Consumer<LogLine> consumer) {
        LogFollower follower = new LogFollower("thaw-" + vmId + "-log", this, consumer, followers::remove);
        followers.add(follower);
        follower.start();
        return follower;
    }

    @Override
    public Path file() {
        return file.path();
    }

    /** Makes lines of what is left, ends the followers once they have had everything, and closes the file. */
    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            assemblers.values().forEach(LineAssembler::flush);
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        followers.forEach(follower -> follower.join(TimeUnit.SECONDS.toMillis(1)));
        followers.forEach(LogFollower::close);
        file.close();
    }
}

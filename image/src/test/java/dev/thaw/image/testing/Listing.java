// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing;

import dev.thaw.image.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * All that a real file system tells of a tree: path to type, mode, owner, links, time, device, size, content and
 * extended attributes, in one line each. Two listings are compared as maps.
 */
public final class Listing {
    private static final String UNIX = "unix:mode,uid,gid,nlink,rdev,ino,size,lastModifiedTime";
    private static final int TYPE_MASK = 0170000, REGULAR = 0100000, DIRECTORY = 0040000, SYMLINK = 0120000;

    private static final Pattern MTIME = Pattern.compile("mtime=(-?\\d+)");
    /** All times in tests are before this. */
    private static final long LATEST_TEST_TIME_NANOS = 1_750_000_000_000_000_000L;

    private Listing() {}

    public static SortedMap<String, String> of(Path root) throws IOException {
        Map<String, String> xattrs = xattrs(root);
        Map<Object, String> firstNames = new HashMap<>();
        SortedMap<String, String> lines = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : (Iterable<Path>) paths.sorted()::iterator) {
                String name = "/" + root.relativize(path);
                lines.put(name, line(path, name, firstNames) + xattrs.getOrDefault(path.toString(), ""));
            }
        }
        return lines;
    }

    /**
     * One line for each path that is not the same in both. Where the expected time is that of the test run, none is
     * expected: umoci leaves it on folders out of which it removes something after it has made them.
     */
    public static List<String> differences(Map<String, String> actual, Map<String, String> expected) {
        SortedSet<String> paths = new TreeSet<>(actual.keySet());
        paths.addAll(expected.keySet());
        return paths.stream()
                .filter(p -> !Objects.equals(actual.get(p), expected.get(p)))
                .filter(p -> !isOfThisRun(expected.get(p)) || !sameWithoutTime(actual.get(p), expected.get(p)))
                .map(p -> p + "\n  expected " + expected.get(p) + "\n  was      " + actual.get(p))
                .toList();
    }

    private static boolean isOfThisRun(String line) {
        Matcher matcher = line == null ? null : MTIME.matcher(line);
        return matcher != null && matcher.find() && Long.parseLong(matcher.group(1)) > LATEST_TEST_TIME_NANOS;
    }

    private static boolean sameWithoutTime(String actual, String expected) {
        return actual != null
                && MTIME.matcher(actual)
                        .replaceFirst("")
                        .equals(MTIME.matcher(expected).replaceFirst(""));
    }

    private static String line(Path path, String name, Map<Object, String> firstNames) throws IOException {
        Map<String, Object> stat = Files.readAttributes(path, UNIX, LinkOption.NOFOLLOW_LINKS);
        int mode = (int) stat.get("mode");
        String linkedTo = firstNames.computeIfAbsent(stat.get("ino"), ino -> name);
        long nanos = ((FileTime) stat.get("lastModifiedTime")).to(TimeUnit.NANOSECONDS);
        String content = switch (mode & TYPE_MASK) {
            case REGULAR -> stat.get("size") + " " + Digest.sha256Of(Files.readAllBytes(path));
            case SYMLINK -> "-> " + Files.readSymbolicLink(path);
            case DIRECTORY -> "";
            default -> "device " + stat.get("rdev");
        };
        return String.format(
                "%06o %s:%s links=%s (%s) mtime=%d %s",
                mode, stat.get("uid"), stat.get("gid"), stat.get("nlink"), linkedTo, nanos, content);
    }

    /** Path to its attributes, as getfattr shows them. */
    private static Map<String, String> xattrs(Path root) throws IOException {
        String dump =
                Tools.run("getfattr", "-h", "-R", "-P", "-d", "-m", "-", "-e", "hex", "--absolute-names", root + "/.");
        Map<String, String> found = new HashMap<>();
        for (String block : dump.split("\n\n", -1)) {
            String[] lines = block.strip().split("\n", -1);
            if (lines[0].startsWith("# file: ")) {
                Path path = Path.of(lines[0].substring("# file: ".length())).normalize();
                String attributes = Stream.of(lines).skip(1).sorted().reduce("", (a, b) -> a + " " + b);
                found.put(path.toString(), attributes);
            }
        }
        return found;
    }
}

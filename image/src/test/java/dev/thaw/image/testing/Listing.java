// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * All that a real file system tells of a tree: path to type, mode, owner, links, time, device, size, content and
 * extended attributes, in one line each. Two listings are compared as maps.
 *
 * <p>Tools list it, as Java can't open files whose names it can't decode. Paths are bytes, one char each.
 */
public final class Listing {
    private static final String STAT =
            "find . -print0 | LC_ALL=C sort -z | xargs -0 stat --printf '%n\\0%f\\0%u:%g\\0%h\\0%i\\0%t:%T\\0%s\\0%.9Y\\0'";
    private static final String TARGETS = "find . -type l -printf '%p\\0%l\\0'";
    private static final String HASHES = "find . -type f -print0 | xargs -0r sha256sum -z";
    private static final String XATTRS = "LC_ALL=C getfattr -h -R -P -d -m - -e hex .";
    private static final int HASH_LENGTH = 64;

    private static final Pattern MTIME = Pattern.compile("mtime=(\\S+)");
    private static final Pattern ESCAPED = Pattern.compile("\\\\(\\d{3})");
    /** No test asks for a time this near to when it runs. */
    private static final Duration THIS_RUN = Duration.ofDays(1);

    private Listing() {}

    public static SortedMap<String, String> of(Path root) throws IOException {
        Map<String, String> more = new HashMap<>(targets(root));
        more.putAll(hashes(root));
        Map<String, String> xattrs = xattrs(root);
        Map<String, String> firstNames = new HashMap<>();
        SortedMap<String, String> lines = new TreeMap<>();
        Iterator<String> fields = fields(in(root, STAT));
        while (fields.hasNext()) {
            String path = fields.next();
            int mode = Integer.parseInt(fields.next(), 16);
            String owner = fields.next();
            String links = fields.next();
            String linkedTo = firstNames.computeIfAbsent(fields.next(), inode -> path);
            String device = fields.next();
            String size = fields.next();
            boolean isFolder = (mode & 0170000) == 0040000; // whose size is the file system's own affair
            lines.put(
                    path,
                    String.format(
                            "%06o %s links=%s (%s) mtime=%s device=%s size=%s %s%s",
                            mode,
                            owner,
                            links,
                            linkedTo,
                            fields.next(),
                            device,
                            isFolder ? "" : size,
                            more.getOrDefault(path, ""),
                            xattrs.getOrDefault(path, "")));
        }
        return lines;
    }

    /**
     * One line for each path that is not the same in both. Where the expected time is that of the test run, none is
     * expected: umoci leaves it on folders that have no member, and on those out of which it removes something after it
     * has made them.
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
        if (matcher == null || !matcher.find()) {
            return false;
        }
        long seconds = new BigDecimal(matcher.group(1)).longValue();
        return Math.abs(seconds - Instant.now().getEpochSecond()) < THIS_RUN.toSeconds();
    }

    private static boolean sameWithoutTime(String actual, String expected) {
        return actual != null
                && MTIME.matcher(actual)
                        .replaceFirst("")
                        .equals(MTIME.matcher(expected).replaceFirst(""));
    }

    private static Map<String, String> targets(Path root) throws IOException {
        Map<String, String> found = new HashMap<>();
        for (Iterator<String> fields = fields(in(root, TARGETS)); fields.hasNext(); ) {
            found.put(fields.next(), "-> " + fields.next());
        }
        return found;
    }

    private static Map<String, String> hashes(Path root) throws IOException {
        Map<String, String> found = new HashMap<>();
        for (Iterator<String> fields = fields(in(root, HASHES)); fields.hasNext(); ) {
            String line = fields.next();
            found.put(line.substring(HASH_LENGTH + 2), line.substring(0, HASH_LENGTH));
        }
        return found;
    }

    /** Path to its attributes, as getfattr shows them. */
    private static Map<String, String> xattrs(Path root) throws IOException {
        Map<String, String> found = new HashMap<>();
        for (String block : in(root, XATTRS).split("\n\n", -1)) {
            String[] lines = block.strip().split("\n", -1);
            if (lines[0].startsWith("# file: ")) {
                String path = unescaped(lines[0].substring("# file: ".length()));
                String attributes = Stream.of(lines).skip(1).sorted().reduce("", (a, b) -> a + " " + b);
                found.put(path.equals(".") ? path : "./" + path, attributes);
            }
        }
        return found;
    }

    private static String unescaped(String text) {
        return ESCAPED.matcher(text)
                .replaceAll(m -> Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(m.group(1), 8))));
    }

    private static String in(Path folder, String script) throws IOException {
        return Tools.run("sh", "-c", "cd \"$1\" && { " + script + "; }", "sh", folder.toString());
    }

    /** What stands in front of each NUL. */
    private static Iterator<String> fields(String text) {
        String[] fields = text.split("\0", -1);
        return Arrays.asList(fields).subList(0, fields.length - 1).iterator();
    }
}

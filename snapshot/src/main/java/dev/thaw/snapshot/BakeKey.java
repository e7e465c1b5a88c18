// SPDX-License-Identifier: Apache-2.0
package dev.thaw.snapshot;

import dev.thaw.snapshot.disk.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * All that shapes a frozen state, by name and in readable form. Equal keys mean that a snapshot can be used, and
 * nothing else does.
 *
 * <pre>{@code
 * BakeKey key = BakeKey.builder()
 *         .part("image", digest)
 *         .part("memory", "512m")
 *         .build();
 * }</pre>
 *
 * <p>Names match {@code [a-z0-9][a-z0-9._-]*} and have at most 64 characters; values are any text. At most 256 parts,
 * and 512 KiB in canonical form. Values may be secrets (an environment with passwords): {@link #toString} shows the
 * hash only. Immutable.
 *
 * @param parts in the order of their names
 */
public record BakeKey(NavigableMap<String, String> parts) {
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");
    private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");
    private static final int MAX_PARTS = 256;
    private static final int MAX_CANONICAL_BYTES = 512 * 1024;

    /**
     * Copies the parts.
     *
     * @throws IllegalArgumentException if there are none or too many, or one is not valid
     */
    public BakeKey {
        NavigableMap<String, String> sorted = new TreeMap<>();
        parts.forEach(sorted::put);
        parts = Collections.unmodifiableNavigableMap(sorted);
        if (parts.isEmpty() || parts.size() > MAX_PARTS) {
            throw new IllegalArgumentException(
                    "a bake key has 1 to " + MAX_PARTS + " parts, this one has " + parts.size());
        }
        parts.forEach(BakeKey::check);
        int bytes = canonicalOf(parts).getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_CANONICAL_BYTES) {
            throw new IllegalArgumentException("a bake key's canonical form has at most " + MAX_CANONICAL_BYTES
                    + " bytes, this one has " + bytes + "; put the hash of what is large in, not the thing itself");
        }
    }

    private static void check(String name, String value) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "the name of a bake key's part matches " + NAME + ", not '" + name + "'");
        }
        // Broken surrogates would all be encoded as '?', so that different keys would have equal hashes.
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
            throw new IllegalArgumentException("part '" + name + "' of the bake key is not valid Unicode");
        }
    }

    public static Builder builder() {
        return new Builder();
    }

    /** A key of these parts, in any order. */
    public static BakeKey of(Map<String, String> parts) {
        return new BakeKey(new TreeMap<>(parts));
    }

    /**
     * The text that is hashed: a line that names the format, then a line {@code name=value} for each part, sorted by
     * name, with backslash, line feed and carriage return in values written as {@code \\}, {@code \n} and {@code \r}.
     */
    public String canonical() {
        return canonicalOf(parts);
    }

    private static String canonicalOf(NavigableMap<String, String> parts) {
        StringBuilder text = new StringBuilder("thaw-bake-key 1\n");
        parts.forEach((name, value) ->
                text.append(name).append('=').append(escape(value)).append('\n'));
        return text.toString();
    }

    private static String escape(String value) {
        return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
    }

    /** SHA-256 over {@link #canonical} in UTF-8: 64 hexadecimal digits, the name of the snapshot's folder. */
    public String sha256() {
        return Sha256.of(canonical().getBytes(StandardCharsets.UTF_8));
    }

    /** Names of the parts in which the two differ, or that only one of them has. */
    public NavigableSet<String> differencesFrom(BakeKey other) {
        NavigableSet<String> names = new TreeSet<>(parts.keySet());
        names.addAll(other.parts.keySet());
        names.removeIf(name -> Objects.equals(parts.get(name), other.parts.get(name)));
        return names;
    }

    static boolean isHash(String text) {
        return HASH.matcher(text).matches();
    }

    @Override
    public String toString() {
        return "BakeKey[" + sha256() + "]";
    }

    /** Collects parts in any order. For one thread. */
    public static final class Builder {
        private final NavigableMap<String, String> parts = new TreeMap<>();

        private Builder() {}

        /**
         * Adds a part.
         *
         * @throws IllegalArgumentException if there is one of that name already
         */
        public Builder part(String name, String value) {
            Objects.requireNonNull(value, name);
            if (parts.putIfAbsent(name, value) != null) {
                throw new IllegalArgumentException("the bake key has a part '" + name + "' already");
            }
            return this;
        }

        /** Validates; see {@link BakeKey}. */
        public BakeKey build() {
            return new BakeKey(parts);
        }
    }
}

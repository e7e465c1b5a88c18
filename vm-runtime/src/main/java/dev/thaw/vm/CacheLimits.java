// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How large and how old the snapshots of a machine may get before the least recently used ones are swept. Immutable.
 *
 * @param maxBytes how much all of them may take; empty for a tenth of the file system that they are on
 * @param maxAge how long ago one may have been used last
 */
public record CacheLimits(OptionalLong maxBytes, Duration maxAge) {
    /** What holds if nothing is set: a tenth of the file system, 30 days. */
    public static final CacheLimits DEFAULT = new CacheLimits(OptionalLong.empty(), Duration.ofDays(30));

    static final String MAX_BYTES = "thaw.cache.max.bytes";
    static final String MAX_AGE = "thaw.cache.max.age";

    private static final int SHARE_OF_FILE_SYSTEM = 10;
    private static final Pattern VALUE = Pattern.compile("([0-9]{1,15}) *([a-zA-Z]?)");
    private static final Map<String, Duration> TIMES = Map.of(
            "m", Duration.ofMinutes(1), "h", Duration.ofHours(1), "d", Duration.ofDays(1), "w", Duration.ofDays(7));

    /**
     * Checks them.
     *
     * @throws IllegalArgumentException if one is negative
     */
    public CacheLimits {
        Objects.requireNonNull(maxAge);
        if (maxBytes.orElse(0) < 0 || maxAge.isNegative()) {
            throw new IllegalArgumentException("limits of a cache are not negative: " + maxBytes + ", " + maxAge);
        }
    }

    static CacheLimits load(Function<String, Optional<String>> setting) {
        Optional<String> bytes = setting.apply(MAX_BYTES);
        return new CacheLimits(
                bytes.isEmpty()
                        ? OptionalLong.empty()
                        : OptionalLong.of(named(MAX_BYTES, bytes.get(), CacheLimits::bytes)),
                setting.apply(MAX_AGE)
                        .map(value -> named(MAX_AGE, value, CacheLimits::age))
                        .orElse(DEFAULT.maxAge));
    }

    private static <T> T named(String name, String value, Function<String, T> parser) {
        try {
            return parser.apply(value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(name + " is wrong: " + e.getMessage(), e);
        }
    }

    /**
     * How much the snapshots in a folder may take.
     *
     * @param folder is there
     * @throws IOException if its file system does not tell its size
     */
    public long maxBytesIn(Path folder) throws IOException {
        return maxBytes.isPresent()
                ? maxBytes.getAsLong()
                : Files.getFileStore(folder).getTotalSpace() / SHARE_OF_FILE_SYSTEM;
    }

    /**
     * A number of bytes as people write it: {@code 20g}, with {@code k}, {@code m}, {@code g} and {@code t} as powers of
     * 1024.
     *
     * @throws IllegalArgumentException if it is none, or too large
     */
    public static long bytes(String text) {
        Matcher value = VALUE.matcher(text.strip());
        Long unit = value.matches() ? unitOfBytes(unit(value)) : null;
        if (unit == null) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no number of bytes; that is a whole number, with k, m, g or t behind it: 20g.");
        }
        return exact(text, () -> Math.multiplyExact(Long.parseLong(value.group(1)), unit));
    }

    /**
     * A time as people write it: {@code 30d}, with {@code m}, {@code h}, {@code d} and {@code w} for minutes, hours, days
     * and weeks.
     *
     * @throws IllegalArgumentException if it is none, or too long
     */
    public static Duration age(String text) {
        Matcher value = VALUE.matcher(text.strip());
        Duration unit = value.matches() ? TIMES.get(unit(value)) : null;
        if (unit == null) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no time; that is a whole number with m, h, d or w behind it: 30d.");
        }
        return exact(text, () -> unit.multipliedBy(Long.parseLong(value.group(1))));
    }

    private static Long unitOfBytes(String unit) {
        return unit.isEmpty() ? Long.valueOf(1) : ByteSize.UNITS.get(unit);
    }

    private static String unit(Matcher value) {
        return value.group(2).toLowerCase(Locale.ROOT);
    }

    private interface Computation<T> {
        T run();
    }

    private static <T> T exact(String text, Computation<T> computation) {
        try {
            return computation.run();
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("'" + text + "' is too large.", e);
        }
    }
}

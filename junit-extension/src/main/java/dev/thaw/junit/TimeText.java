// SPDX-License-Identifier: Apache-2.0
package dev.thaw.junit;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as annotations have them, since a {@link Duration} can't be in one. */
final class TimeText {
    private static final Pattern TEXT = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h)");

    private TimeText() {}

    /** @throws IllegalArgumentException if it is none; the message names the attribute */
    static Duration parse(String attribute, String text) {
        Matcher matcher = TEXT.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException(attribute + " \"" + text
                    + "\" is no duration. Write a whole number and ms, s, m or h: " + attribute + " = \"90s\".");
        }
        long amount = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            default -> Duration.ofHours(amount);
        };
    }
}

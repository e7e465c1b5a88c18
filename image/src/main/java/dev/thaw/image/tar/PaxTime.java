// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.tar;

import dev.thaw.image.tree.InvalidImageException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A time in a PAX record: decimal seconds of Unix time, maybe negative, maybe with a fraction.
 *
 * @param seconds rounded down
 * @param nanos 0 to 999999999; further digits are cut off
 */
record PaxTime(long seconds, int nanos) {
    private static final Pattern FORM = Pattern.compile("([-+]?)(\\d{1,18})(?:\\.(\\d*+))?");
    private static final int NANOS_PER_SECOND = 1_000_000_000;

    static PaxTime parse(String text, long offset) throws InvalidImageException {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new InvalidImageException(
                    "tar header at offset " + offset + ": a PAX time is not a number of seconds");
        }
        long seconds = Long.parseLong(matcher.group(2));
        String fraction = matcher.group(3) == null ? "" : matcher.group(3);
        int nanos = Integer.parseInt((fraction + "000000000").substring(0, 9));
        if (!matcher.group(1).equals("-")) {
            return new PaxTime(seconds, nanos);
        }
        return nanos == 0 ? new PaxTime(-seconds, 0) : new PaxTime(-seconds - 1, NANOS_PER_SECOND - nanos);
    }
}

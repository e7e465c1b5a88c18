// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.registry;

import java.util.regex.Pattern;

/** What host names tell. Stateless. */
final class Hosts {
    private static final Pattern LOOPBACK =
            Pattern.compile("(?:localhost|127(?:\\.\\d{1,3}){3}|\\[::1])(?::\\d{1,5})?", Pattern.CASE_INSENSITIVE);

    private Hosts() {}

    /** True for this very machine, by name or address, with a port or without; nothing is looked up. */
    static boolean isLoopback(String host) {
        return LOOPBACK.matcher(host).matches();
    }
}

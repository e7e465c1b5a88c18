// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.http;

import java.net.URI;
import java.util.regex.Pattern;

/** What addresses tell of hosts. Stateless. */
public final class Hosts {
    private static final Pattern LOOPBACK =
            Pattern.compile("(?:localhost|127(?:\\.\\d{1,3}){3}|\\[::1])(?::\\d{1,5})?", Pattern.CASE_INSENSITIVE);

    private Hosts() {}

    /** True for this very machine, by name or address, with a port or without; nothing is looked up. */
    public static boolean isLoopback(String host) {
        return LOOPBACK.matcher(host).matches();
    }

    /** Host and port if there is one; never user and password, which an address can have too. */
    public static String of(URI uri) {
        String host = uri.getHost() == null ? "?" : uri.getHost();
        return uri.getPort() < 0 ? host : host + ":" + uri.getPort();
    }

    /** Source: RFC 6454, 4. */
    public static boolean sameOrigin(URI a, URI b) {
        return a.getScheme().equalsIgnoreCase(b.getScheme())
                && a.getHost() != null
                && a.getHost().equalsIgnoreCase(b.getHost())
                && port(a) == port(b);
    }

    /** The one that is connected to, whether it is written or not. */
    static int port(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equalsIgnoreCase("https") ? 443 : 80;
    }
}

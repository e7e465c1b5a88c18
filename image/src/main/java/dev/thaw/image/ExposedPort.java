// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import java.util.Comparator;
import java.util.List;

/**
 * A port that an image's configuration says its service listens on. Ordered by number, then protocol.
 *
 * @param port 1 to 65535
 * @param protocol {@code tcp}, {@code udp} or {@code sctp}
 */
public record ExposedPort(int port, String protocol) implements Comparable<ExposedPort> {
    private static final Comparator<ExposedPort> ORDER =
            Comparator.comparingInt(ExposedPort::port).thenComparing(ExposedPort::protocol);

    private static final List<String> PROTOCOLS = List.of("tcp", "udp", "sctp");

    /** Throws IllegalArgumentException if a value is out of range. */
    public ExposedPort {
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("port " + port + " is not between 1 and 65535");
        }
        if (!PROTOCOLS.contains(protocol)) {
            throw new IllegalArgumentException("protocol '" + protocol + "' is none of " + PROTOCOLS);
        }
    }

    @Override
    public int compareTo(ExposedPort other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return port + "/" + protocol;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image;

import java.util.Comparator;

/**
 * A port that an image's configuration says its service listens on. Ordered by number, then protocol.
 *
 * @param port 1 to 65535
 * @param protocol {@code tcp} or {@code udp}
 */
public record ExposedPort(int port, String protocol) implements Comparable<ExposedPort> {
    private static final Comparator<ExposedPort> ORDER =
            Comparator.comparingInt(ExposedPort::port).thenComparing(ExposedPort::protocol);

    /** Throws IllegalArgumentException if a value is out of range. */
    public ExposedPort {
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("port " + port + " is not between 1 and 65535");
        }
        if (!protocol.equals("tcp") && !protocol.equals("udp")) {
            throw new IllegalArgumentException("protocol '" + protocol + "' is neither tcp nor udp");
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

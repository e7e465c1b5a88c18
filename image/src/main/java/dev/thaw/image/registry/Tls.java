// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.registry;

import java.io.IOException;
import java.security.cert.Certificate;
import java.util.List;
import javax.net.ssl.SSLSocketFactory;

/**
 * TLS towards one host, set up when it is first spoken: reading the JVM's authorities takes a tenth of a second.
 * Thread-safe.
 */
final class Tls {
    private final Authorities authorities;
    private SSLSocketFactory sockets;

    /** Certificates that are believed beside those of the JVM. */
    @FunctionalInterface
    interface Authorities {
        List<Certificate> read() throws IOException;
    }

    Tls(Authorities authorities) {
        this.authorities = authorities;
    }

    synchronized SSLSocketFactory sockets() throws IOException {
        if (sockets == null) {
            sockets = Trust.trusting(authorities.read());
        }
        return sockets;
    }
}

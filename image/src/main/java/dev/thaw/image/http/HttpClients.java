// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.http;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.security.GeneralSecurityException;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/**
 * The JDK's clients for one host, one for TLS and one without. TLS is set up when it is first spoken: reading the JVM's
 * authorities takes a tenth of a second. Thread-safe.
 *
 * <p>Each has one thread of the JDK's. On JDK 21 and newer it ends with {@link #close}, on older ones when the garbage
 * collector finds the client; it does not keep a JVM from ending.
 */
public final class HttpClients implements AutoCloseable {
    static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    private final Authorities authorities;
    private final Proxies proxies;
    private final Executor threads;
    private HttpClient secure;
    private HttpClient plain;

    /** Certificates that are believed beside those of the JVM. */
    @FunctionalInterface
    public interface Authorities {
        List<Certificate> read() throws IOException;
    }

    /** With those threads, which the caller ends, for what the clients do. */
    public HttpClients(Authorities authorities, Proxies proxies, Executor threads) {
        this.authorities = authorities;
        this.proxies = proxies;
        this.threads = threads;
    }

    synchronized HttpClient of(URI uri) throws IOException {
        try {
            if (uri.getScheme().equalsIgnoreCase("https")) {
                if (secure == null) {
                    secure = client(Trust.context(authorities.read()));
                }
                return secure;
            }
            if (plain == null) {
                SSLContext unused = SSLContext.getInstance("TLS");
                unused.init(null, new TrustManager[0], null);
                plain = client(unused);
            }
            return plain;
        } catch (GeneralSecurityException e) {
            throw new IOException("TLS can't be set up: " + e.getMessage(), e);
        }
    }

    /** How requests for that address get there. */
    Route route(URI uri) throws RegistryException {
        return proxies.route(uri);
    }

    private HttpClient client(SSLContext context) {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER) // ours are counted, and drop credentials
                .connectTimeout(CONNECT_TIMEOUT)
                .proxy(proxies)
                .sslContext(context)
                .executor(threads)
                .build();
    }

    @Override
    public synchronized void close() throws IOException {
        close(secure);
        close(plain);
        secure = null;
        plain = null;
    }

    private static void close(HttpClient client) throws IOException {
        if (client instanceof AutoCloseable closeable) {
            try {
                closeable.close();
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IOException("an HTTP client did not close", e);
            }
        }
    }
}

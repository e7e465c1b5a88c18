// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.registry;

import dev.thaw.image.RegistrySettings;
import dev.thaw.image.tree.Shown;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Authenticator;
import java.net.HttpURLConnection;
import java.net.PasswordAuthentication;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import javax.net.ssl.HttpsURLConnection;

/** Sends requests and follows redirects. Thread-safe. */
final class HttpTransport {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final int MAX_REDIRECTS = 5;
    private static final String AUTHORIZATION = "Authorization";

    /** The JVM's own authenticator is somebody else's, and must not be asked for what we know ourselves. */
    private static final Authenticator NO_AUTHENTICATOR = new Authenticator() {
        @Override
        protected PasswordAuthentication getPasswordAuthentication() {
            return null;
        }
    };

    private final Tls tls;
    private final Proxies proxies;
    private final Predicate<String> plainHttpAllowed;
    private final Duration readTimeout;

    /**
     * Makes a transport.
     *
     * @param plainHttpAllowed tells of a host, with its port if it has one, whether HTTP without TLS may be spoken to it
     * @param readTimeout between two pieces of an answer
     */
    HttpTransport(Tls tls, Proxies proxies, Predicate<String> plainHttpAllowed, Duration readTimeout) {
        this.tls = tls;
        this.proxies = proxies;
        this.plainHttpAllowed = plainHttpAllowed;
        this.readTimeout = readTimeout;
    }

    /** A request without a body. */
    Exchange send(String method, URI uri, Map<String, String> headers, Cancellation cancellation)
            throws IOException, InterruptedException {
        URI at = uri;
        Map<String, String> sent = new TreeMap<>(headers);
        for (int redirects = 0; ; redirects++) {
            requireAllowed(at, uri.getAuthority());
            Exchange exchange = Exchange.send(open(method, at, sent), at, cancellation);
            Optional<String> location = isRedirect(exchange.status()) ? exchange.header("Location") : Optional.empty();
            if (location.isEmpty()) {
                return exchange;
            }
            exchange.close();
            if (redirects == MAX_REDIRECTS) {
                throw new RegistryException("registry " + uri.getAuthority() + " redirects more than " + MAX_REDIRECTS
                        + " times, the last time to " + Shown.of(location.get()));
            }
            URI next = target(at, location.get());
            if (!sameOrigin(at, next)) {
                sent.remove(AUTHORIZATION); // it is for the host that asked for it, not for its storage
            }
            at = next;
        }
    }

    /** A POST of a form, which is not redirected. */
    Exchange post(URI uri, String form, Cancellation cancellation) throws IOException, InterruptedException {
        requireAllowed(uri, uri.getAuthority());
        HttpURLConnection connection = open("POST", uri, Map.of("Content-Type", "application/x-www-form-urlencoded"));
        byte[] body = form.getBytes(StandardCharsets.UTF_8);
        connection.setDoOutput(true);
        try (OutputStream out = connection.getOutputStream()) {
            out.write(body);
        }
        return Exchange.send(connection, uri, cancellation);
    }

    private HttpURLConnection open(String method, URI uri, Map<String, String> headers) throws IOException {
        URLConnection opened = uri.toURL().openConnection(proxies.of(uri));
        HttpURLConnection connection = (HttpURLConnection) opened;
        if (connection instanceof HttpsURLConnection https) {
            https.setSSLSocketFactory(tls.sockets());
        }
        connection.setRequestMethod(method);
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setAuthenticator(NO_AUTHENTICATOR);
        connection.setConnectTimeout((int) CONNECT_TIMEOUT.toMillis());
        connection.setReadTimeout((int) readTimeout.toMillis());
        connection.setRequestProperty("User-Agent", "thaw");
        headers.forEach(connection::setRequestProperty);
        return connection;
    }

    private void requireAllowed(URI uri, String asked) throws RegistryException {
        String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
        boolean allowed =
                scheme.equals("https") || (scheme.equals("http") && plainHttpAllowed.test(uri.getAuthority()));
        if (!allowed || uri.getHost() == null || uri.getUserInfo() != null) {
            throw new RegistryException("registry " + asked + ": a request would go to "
                    + Shown.of(uri.toString()) + ", which is not https. If that is wanted, put "
                    + Shown.of(String.valueOf(uri.getAuthority())) + " into " + RegistrySettings.INSECURE);
        }
    }

    private static boolean isRedirect(int status) {
        return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    }

    private static URI target(URI from, String location) throws RegistryException {
        try {
            return from.resolve(new URI(location));
        } catch (URISyntaxException | IllegalArgumentException e) {
            throw new RegistryException(
                    "registry " + from.getAuthority() + " redirects to '" + Shown.of(location)
                            + "', which is no address",
                    e);
        }
    }

    private static boolean sameOrigin(URI a, URI b) {
        return a.getScheme().equalsIgnoreCase(b.getScheme())
                && a.getHost().equalsIgnoreCase(b.getHost())
                && port(a) == port(b);
    }

    private static int port(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equalsIgnoreCase("https") ? 443 : 80;
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.http;

import dev.thaw.image.RegistrySettings;
import dev.thaw.image.tree.Shown;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.ResponseInfo;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/** Sends requests and follows redirects. Thread-safe. */
public final class HttpTransport {
    private static final int MAX_REDIRECTS = 5;
    private static final String AUTHORIZATION = "Authorization", PROXY_AUTHORIZATION = "Proxy-Authorization";

    private final HttpClients clients;
    private final Predicate<String> plainHttpAllowed;
    private final Duration patience;

    /**
     * A transport.
     *
     * @param plainHttpAllowed tells of a host, with its port if it has one, whether HTTP without TLS may be spoken to it
     * @param patience for an answer to begin, and between two pieces of it
     */
    public HttpTransport(HttpClients clients, Predicate<String> plainHttpAllowed, Duration patience) {
        this.clients = clients;
        this.plainHttpAllowed = plainHttpAllowed;
        this.patience = patience;
    }

    /** A request without a body. */
    public Exchange send(String method, URI uri, Map<String, String> headers, Cancellation cancellation)
            throws IOException, InterruptedException {
        URI at = uri;
        Map<String, String> sent = new TreeMap<>(headers);
        for (int redirects = 0; ; redirects++) {
            requireAllowed(at, uri);
            HttpRequest.Builder request = HttpRequest.newBuilder(at).method(method, BodyPublishers.noBody());
            sent.forEach(request::header);
            Exchange exchange = answer(request, at, cancellation);
            Optional<String> location = isRedirect(exchange.status()) ? exchange.header("Location") : Optional.empty();
            if (location.isEmpty()) {
                return exchange;
            }
            exchange.close();
            if (redirects == MAX_REDIRECTS) {
                throw new RegistryException("registry " + Hosts.of(uri) + " redirects more than " + MAX_REDIRECTS
                        + " times, the last time to " + Shown.of(location.get()));
            }
            URI next = target(at, location.get());
            if (!Hosts.sameOrigin(at, next)) {
                sent.remove(AUTHORIZATION); // it is for the host that asked for it, not for its storage
            }
            at = next;
        }
    }

    /** A POST of a form, which is not redirected. */
    public Exchange post(URI uri, String form, Cancellation cancellation) throws IOException, InterruptedException {
        requireAllowed(uri, uri);
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(BodyPublishers.ofString(form));
        return answer(request, uri, cancellation);
    }

    private Exchange answer(HttpRequest.Builder request, URI uri, Cancellation cancellation)
            throws IOException, InterruptedException {
        Route route = clients.route(uri);
        HttpRequest built = complete(request, route);
        BodyStream body = new BodyStream(patience);
        // Not the client's own future: it fails if the body breaks off before anybody has looked at the head.
        CompletableFuture<ResponseInfo> head = new CompletableFuture<>();
        CompletableFuture<HttpResponse<BodyStream>> answer = start(built, head, body, cancellation);
        CompletableFuture<?> watched =
                answer.whenComplete((whole, failure) -> completeIfNoHeadCame(head, body, whole, failure));
        Cancellation.Abortable abort = () -> answer.cancel(true);
        cancellation.add(abort);
        boolean answered = false;
        try {
            ResponseInfo info =
                    head.get(HttpClients.CONNECT_TIMEOUT.plus(patience).toMillis(), TimeUnit.MILLISECONDS);
            route.requireLogin(uri, info.statusCode());
            cancellation.add(body);
            answered = true;
            return new Exchange(uri, info, body, cancellation);
        } catch (TimeoutException | CancellationException e) {
            cancellation.throwIfCancelled();
            throw new TransientException("does not answer within " + patience.toSeconds() + " s", Optional.empty(), e);
        } catch (ExecutionException e) {
            cancellation.throwIfCancelled();
            Throwable cause = e.getCause() instanceof CompletionException c ? c.getCause() : e.getCause();
            throw route.explained(uri, cause instanceof IOException io ? io : new IOException(cause));
        } finally {
            cancellation.remove(abort);
            if (!answered) {
                watched.cancel(true);
                answer.cancel(true);
                body.close();
            }
        }
    }

    private HttpRequest complete(HttpRequest.Builder request, Route route) {
        // To the proxy: the JDK keeps it from what is behind a tunnel, and proxies do from what is behind them.
        route.authorization().ifPresent(value -> request.setHeader(PROXY_AUTHORIZATION, value));
        return request.timeout(patience).header("User-Agent", "thaw").build();
    }

    private CompletableFuture<HttpResponse<BodyStream>> start(
            HttpRequest request, CompletableFuture<ResponseInfo> head, BodyStream body, Cancellation cancellation)
            throws IOException, InterruptedException {
        try {
            return clients.of(request.uri()).sendAsync(request, info -> {
                head.complete(info);
                return body;
            });
        } catch (RejectedExecutionException e) { // the clients' threads have just been ended
            cancellation.throwIfCancelled();
            throw new IOException("the HTTP client has been closed", e);
        }
    }

    private static void completeIfNoHeadCame(
            CompletableFuture<ResponseInfo> head, BodyStream body, HttpResponse<BodyStream> whole, Throwable failure) {
        if (failure != null) {
            head.completeExceptionally(failure);
        } else if (whole.body() == null) { // a proxy refuses a tunnel; the JDK reads that body itself
            body.onComplete();
            head.complete(new Refusal(whole.statusCode(), whole.headers(), whole.version()));
        }
    }

    private record Refusal(int statusCode, HttpHeaders headers, HttpClient.Version version) implements ResponseInfo {}

    /** Plain HTTP is for hosts that the user allows it to, and never where a registry leads from TLS. */
    private void requireAllowed(URI uri, URI asked) throws RegistryException {
        String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
        boolean web = scheme.equals("https") || scheme.equals("http");
        if (!web || uri.getHost() == null || uri.getRawUserInfo() != null) {
            throw new RegistryException("registry " + Hosts.of(asked)
                    + ": a request would go to an address that is not one of a host on the web"
                    + (uri.equals(asked) ? "" : ", by a redirect to " + Shown.of(Hosts.of(uri))));
        }
        boolean plain = scheme.equals("http");
        if (plain && asked.getScheme().equalsIgnoreCase("https")) {
            throw new RegistryException("registry " + Hosts.of(asked) + " is spoken to over TLS and leads to http://"
                    + Shown.of(Hosts.of(uri)) + ", which is not https; that is never followed");
        }
        if (plain && !plainHttpAllowed.test(Hosts.of(uri))) {
            throw new RegistryException("registry " + Hosts.of(asked) + ": a request would go to http://"
                    + Shown.of(Hosts.of(uri)) + ", which is not https. If that is wanted, put "
                    + Shown.of(Hosts.of(uri)) + " into " + RegistrySettings.INSECURE);
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
                    "registry " + Hosts.of(from) + " redirects to '" + Shown.of(location) + "', which is no address",
                    e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.login;

import dev.thaw.image.http.Answers;
import dev.thaw.image.http.Cancellation;
import dev.thaw.image.http.Exchange;
import dev.thaw.image.http.Hosts;
import dev.thaw.image.http.HttpTransport;
import dev.thaw.image.http.RegistryException;
import dev.thaw.image.http.TransientException;
import dev.thaw.image.login.DockerConfig.Login;
import dev.thaw.image.manifest.JsonObject;
import dev.thaw.image.tree.Shown;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/**
 * Answers a registry's challenges, for one repository. Keeps what worked, and gets a new token when the registry no
 * longer takes the old one. Thread-safe.
 *
 * <p>Source: distribution/distribution, docs/spec/auth: token.md (GET with Basic) and oauth.md (POST with a refresh
 * token).
 */
public final class Authorizer {
    private static final int MAX_TOKEN_ANSWER = 1 << 20;
    /** Longer than any helper and any token server is waited for. */
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private static final String CLIENT = "thaw";
    /** What a header can hold. */
    private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7e]+");

    private final HttpTransport transport;
    private final DockerConfig config;
    private final String host;
    private final String scope;
    private volatile String header = "";
    /** What a thread is finding, for those that wait for it; null if nobody is. Guarded by this. */
    private CompletableFuture<Optional<String>> asked;

    private volatile Login login;

    public Authorizer(HttpTransport transport, DockerConfig config, String host, String repository) {
        this.transport = transport;
        this.config = config;
        this.host = host;
        this.scope = "repository:" + repository + ":pull";
    }

    /** Value for the Authorization header; empty as long as nobody has asked for one. */
    public String header() {
        return header;
    }

    /** What the user can do about a refusal; the end of a message. */
    public String remedy() {
        Login known = login;
        String have = known == null || known.credentials() instanceof Credentials.Anonymous
                ? config.file() + " has no login for " + host
                : "The login for " + host + " in Docker's configuration may not be enough";
        String problem = known == null || known.problem().isEmpty() ? "" : ", as " + known.problem();
        return have + problem + ". Check the image's name; if it is right, log in with 'docker login " + host
                + "', or ask its owner for the right to pull";
    }

    /**
     * Finds what the registry asks for. Of several threads that want that at the same time one asks; the others wait for
     * it, have its answer or its failure, and can be interrupted and cancelled. If that happens to the one that asks,
     * another one does so.
     *
     * @param refused what was sent and not taken
     * @return true if there is something else to send now
     */
    public boolean answer(URI registry, List<Challenge> challenges, String refused, Cancellation cancellation)
            throws IOException, InterruptedException {
        while (true) {
            CompletableFuture<Optional<String>> answer;
            boolean mine;
            synchronized (this) {
                if (!header.equals(refused)) {
                    return true; // another thread was faster
                }
                mine = asked == null;
                if (mine) {
                    asked = new CompletableFuture<>();
                }
                answer = asked;
            }
            Optional<String> found =
                    mine ? lead(answer, registry, challenges, cancellation) : await(answer, cancellation);
            if (found.isPresent()) {
                return !found.get().isEmpty() && !found.get().equals(refused);
            }
        }
    }

    /** Finds it for those that wait, too; or lets them know that they have to do it. */
    private Optional<String> lead(
            CompletableFuture<Optional<String>> answer,
            URI registry,
            List<Challenge> challenges,
            Cancellation cancellation)
            throws IOException, InterruptedException {
        Optional<String> found = Optional.empty();
        Throwable failure = null;
        try {
            found = Optional.of(find(registry, challenges, cancellation));
            return found;
        } catch (IOException | RuntimeException | Error e) {
            boolean onlyThisOne = cancellation.isCancelled()
                    || Thread.currentThread().isInterrupted()
                    || e instanceof InterruptedIOException
                    || e instanceof ClosedByInterruptException;
            failure = onlyThisOne ? null : e;
            throw e;
        } finally {
            synchronized (this) {
                header = found.orElse(header);
                asked = null;
            }
            if (failure == null) {
                answer.complete(found);
            } else {
                answer.completeExceptionally(failure);
            }
        }
    }

    /** What another thread finds; empty if it has given up. */
    private Optional<String> await(CompletableFuture<Optional<String>> answer, Cancellation cancellation)
            throws IOException, InterruptedException {
        CompletableFuture<Optional<String>> own = answer.copy(); // which can be cancelled for this thread alone
        Cancellation.Abortable abort = () -> own.cancel(false);
        cancellation.add(abort);
        try {
            return own.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (CancellationException | TimeoutException e) {
            cancellation.throwIfCancelled();
            throw new TransientException(
                    "registry " + host + ": no login for it has come within " + PATIENCE.toMinutes()
                            + " minutes, for which another thread asks",
                    Optional.empty(),
                    e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof Error error) {
                throw error;
            }
            if (cause instanceof RuntimeException unchecked) {
                throw unchecked;
            }
            throw (IOException) cause; // nothing else is put in
        } finally {
            cancellation.remove(abort);
        }
    }

    /** Value for the header; empty if there is nothing to say. */
    private String find(URI registry, List<Challenge> challenges, Cancellation cancellation)
            throws IOException, InterruptedException {
        login = config.of(host, cancellation);
        Credentials credentials = login.credentials();
        for (Challenge challenge : challenges) {
            if (challenge.scheme().equals("bearer")) {
                return bearer(registry, challenge, credentials, cancellation);
            }
            if (challenge.scheme().equals("basic") && credentials instanceof Credentials.Basic basic) {
                return basic.header();
            }
        }
        return "";
    }

    private String bearer(URI registry, Challenge challenge, Credentials credentials, Cancellation cancellation)
            throws IOException, InterruptedException {
        if (credentials instanceof Credentials.RegistryToken token) {
            return "Bearer " + sendable(token.token(), "the registry token in " + config.file());
        }
        URI realm = realm(registry, challenge);
        Map<String, String> query = new TreeMap<>();
        Optional.ofNullable(challenge.parameters().get("service")).ifPresent(s -> query.put("service", s));
        query.put("scope", scope); // whatever the challenge asks for, pulling is all that is wanted
        try (Exchange exchange = ask(realm, query, credentials, cancellation)) {
            return "Bearer " + token(exchange, realm);
        }
    }

    private Exchange ask(URI realm, Map<String, String> query, Credentials credentials, Cancellation cancellation)
            throws IOException, InterruptedException {
        if (credentials instanceof Credentials.IdentityToken identity) {
            query.put("grant_type", "refresh_token");
            query.put("client_id", CLIENT);
            query.put("refresh_token", identity.token());
            return transport.post(realm, form(query), cancellation);
        }
        Map<String, String> headers =
                credentials instanceof Credentials.Basic basic ? Map.of("Authorization", basic.header()) : Map.of();
        String before = realm.getRawQuery() == null ? "?" : realm.getRawQuery().isEmpty() ? "" : "&";
        return transport.send("GET", URI.create(realm + before + form(query)), headers, cancellation);
    }

    /** Credentials go where this says: so it must be as well protected as the registry is. */
    private static URI realm(URI registry, Challenge challenge) throws RegistryException {
        String text = challenge.parameters().getOrDefault("realm", "");
        try {
            URI realm = new URI(text);
            String scheme = String.valueOf(realm.getScheme()).toLowerCase(Locale.ROOT);
            boolean fits = scheme.equals("https")
                    || (scheme.equals("http") && registry.getScheme().equals("http"));
            if (realm.getHost() != null && fits && realm.getRawFragment() == null) {
                return realm;
            }
        } catch (URISyntaxException e) {
            throw new RegistryException(
                    "registry " + Hosts.of(registry) + " names a token server that is no address: '" + Shown.of(text)
                            + "'",
                    e);
        }
        throw new RegistryException("registry " + Hosts.of(registry) + " names a token server that can't be used: '"
                + Shown.of(text) + "'; it must be an https address");
    }

    private String token(Exchange exchange, URI realm) throws IOException {
        String server = "registry " + host + ": its token server " + Hosts.of(realm);
        Answers.throwIfTransient(exchange, host + " through its token server " + Hosts.of(realm));
        byte[] body = exchange.bodyAtMost(MAX_TOKEN_ANSWER);
        if (exchange.status() != 200) {
            throw new RegistryException(server + " refuses a token for " + scope + " (status " + exchange.status()
                    + Answers.reason(body) + "). " + remedy());
        }
        JsonObject json = JsonObject.parse(body, server);
        Optional<String> token = json.optionalText("token");
        return sendable(
                token.isPresent()
                        ? token.get()
                        : json.optionalText("access_token").orElse(""),
                server);
    }

    private static String sendable(String token, String from) throws RegistryException {
        if (!TOKEN.matcher(token).matches()) {
            throw new RegistryException(from + ": there is no token that can be sent in a header");
        }
        return token;
    }

    private static String form(Map<String, String> fields) {
        StringBuilder form = new StringBuilder();
        fields.forEach((name, value) -> form.append(form.isEmpty() ? "" : "&")
                .append(name)
                .append('=')
                .append(URLEncoder.encode(value, StandardCharsets.UTF_8)));
        return form.toString();
    }
}

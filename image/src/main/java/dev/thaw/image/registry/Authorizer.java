// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.registry;

import dev.thaw.image.manifest.JsonObject;
import dev.thaw.image.tree.Shown;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Answers a registry's challenges, for one repository. Keeps what worked, and gets a new token when the registry no
 * longer takes the old one. Thread-safe.
 *
 * <p>Source: distribution/distribution, docs/spec/auth: token.md (GET with Basic) and oauth.md (POST with a refresh
 * token).
 */
final class Authorizer {
    private static final int MAX_TOKEN_ANSWER = 1 << 20;
    private static final String CLIENT = "thaw";
    /** What a header can hold. */
    private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7e]+");

    private final HttpTransport transport;
    private final DockerConfig config;
    private final String host;
    private final String scope;
    private volatile String header = "";

    Authorizer(HttpTransport transport, DockerConfig config, String host, String repository) {
        this.transport = transport;
        this.config = config;
        this.host = host;
        this.scope = "repository:" + repository + ":pull";
    }

    /** Value for the Authorization header; empty as long as nobody has asked for one. */
    String header() {
        return header;
    }

    /** Where credentials are looked for; for messages. */
    String whereCredentialsAre() {
        return config.file().toString();
    }

    /**
     * Finds what the registry asks for.
     *
     * @param refused what was sent and not taken
     * @return true if there is something else to send now
     */
    synchronized boolean answer(URI registry, List<Challenge> challenges, String refused, Cancellation cancellation)
            throws IOException, InterruptedException {
        if (!header.equals(refused)) {
            return true; // another thread was faster
        }
        Credentials credentials = config.of(host);
        String found = "";
        for (Challenge challenge : challenges) {
            if (found.isEmpty() && challenge.scheme().equals("bearer")) {
                found = bearer(registry, challenge, credentials, cancellation);
            } else if (found.isEmpty()
                    && challenge.scheme().equals("basic")
                    && credentials instanceof Credentials.Basic basic) {
                found = basic.header();
            }
        }
        boolean other = !found.isEmpty() && !found.equals(refused);
        header = found;
        return other;
    }

    private String bearer(URI registry, Challenge challenge, Credentials credentials, Cancellation cancellation)
            throws IOException, InterruptedException {
        if (credentials instanceof Credentials.RegistryToken token) {
            return "Bearer " + token.token();
        }
        URI realm = realm(registry, challenge);
        Map<String, String> query = new TreeMap<>();
        Optional.ofNullable(challenge.parameters().get("service")).ifPresent(s -> query.put("service", s));
        query.put("scope", challenge.parameters().getOrDefault("scope", scope));
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
                    registry.getAuthority() + " names a token server that is no address: '" + Shown.of(text) + "'", e);
        }
        throw new RegistryException(registry.getAuthority() + " names a token server that can't be used: '"
                + Shown.of(text) + "'; it must be an https address");
    }

    private static String token(Exchange exchange, URI realm) throws IOException {
        byte[] body = exchange.bodyAtMost(MAX_TOKEN_ANSWER);
        Answers.throwIfTransient(exchange, realm.getAuthority());
        if (exchange.status() != 200) {
            throw new RegistryException("the token server " + realm.getAuthority() + " refuses a token with status "
                    + exchange.status() + Answers.reason(body)
                    + ". Check user and password: log in again with 'docker login'");
        }
        JsonObject json = JsonObject.parse(body, "answer of the token server " + realm.getAuthority());
        Optional<String> token = json.optionalText("token");
        String found = token.isPresent()
                ? token.get()
                : json.optionalText("access_token").orElse("");
        if (!TOKEN.matcher(found).matches()) {
            throw new RegistryException(
                    "the token server " + realm.getAuthority() + " gives no token that can be sent");
        }
        return found;
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

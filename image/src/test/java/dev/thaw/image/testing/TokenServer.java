// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.testing;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Gives tokens that a real registry believes, to the user {@code tester} with the password {@code secret}, or for the
 * refresh token {@code identity}. Source: distribution/distribution, docs/spec/auth/jwt.md.
 */
public final class TokenServer implements AutoCloseable {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final String BASIC =
            "Basic " + Base64.getEncoder().encodeToString("tester:secret".getBytes(StandardCharsets.US_ASCII));

    private final HttpServer server;
    private final TestCertificate signer;
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private volatile int secondsToLive = 300;
    private volatile boolean everybody;

    public TokenServer(TestCertificate signer) throws IOException {
        this.signer = signer;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/token", this::handle);
        server.start();
    }

    public String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/token";
    }

    /** Method, and what was asked for. */
    public List<String> requests() {
        return List.copyOf(requests);
    }

    /** Tokens from here on are valid so long; the registry allows a minute more. */
    public void tokensLive(int seconds) {
        secondsToLive = seconds;
    }

    /** Whether tokens are given to those who do not say who they are. */
    public void letEverybodyIn(boolean open) {
        everybody = open;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String form = exchange.getRequestMethod().equals("POST")
                    ? new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.US_ASCII)
                    : exchange.getRequestURI().getRawQuery();
            Map<String, String> fields = fields(form);
            requests.add(exchange.getRequestMethod() + " " + fields.get("scope"));
            boolean known = everybody
                    || BASIC.equals(exchange.getRequestHeaders().getFirst("Authorization"))
                    || "identity".equals(fields.get("refresh_token"));
            byte[] answer = known
                    ? "{\"token\":\"%s\"}".formatted(token(fields)).getBytes(StandardCharsets.US_ASCII)
                    : "{\"details\":\"incorrect username or password\"}".getBytes(StandardCharsets.US_ASCII);
            exchange.sendResponseHeaders(known ? 200 : 401, answer.length);
            exchange.getResponseBody().write(answer);
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    private static Map<String, String> fields(String form) {
        Map<String, String> fields = new HashMap<>();
        for (String field : form.split("&", -1)) {
            String[] sides = field.split("=", 2);
            fields.put(sides[0], URLDecoder.decode(sides[1], StandardCharsets.UTF_8));
        }
        return fields;
    }

    private String token(Map<String, String> fields) throws IOException, GeneralSecurityException {
        ObjectNode header = MAPPER.createObjectNode().put("typ", "JWT").put("alg", "RS256");
        header.putArray("x5c").add(pem(Files.readString(signer.file())));
        long now = Instant.now().getEpochSecond();
        ObjectNode claims = MAPPER.createObjectNode()
                .put("iss", "tests")
                .put("sub", "tester")
                .put("aud", fields.get("service"))
                .put("exp", now + secondsToLive)
                .put("nbf", now - 600)
                .put("iat", now - 600)
                .put("jti", UUID.randomUUID().toString());
        String[] scope = fields.get("scope").split(":", 3);
        ObjectNode access =
                claims.putArray("access").addObject().put("type", scope[0]).put("name", scope[1]);
        Arrays.stream(scope[2].split(",", -1)).forEach(access.withArray("actions")::add);
        String signed = base64(header.toString()) + "." + base64(claims.toString());
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(key());
        signature.update(signed.getBytes(StandardCharsets.US_ASCII));
        return signed + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(signature.sign());
    }

    private PrivateKey key() throws IOException, GeneralSecurityException {
        byte[] der = Base64.getDecoder().decode(pem(Files.readString(signer.key())));
        return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(der));
    }

    private static String pem(String text) {
        return text.replaceAll("-----[A-Z ]+-----|\\s", "");
    }

    private static String base64(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        server.stop(0);
    }
}

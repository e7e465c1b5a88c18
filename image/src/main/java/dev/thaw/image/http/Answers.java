// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.http;

import dev.thaw.image.manifest.JsonObject;
import dev.thaw.image.tree.InvalidImageException;
import dev.thaw.image.tree.Shown;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What answers other than success say. Stateless. */
public final class Answers {
    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);
    private static final int MAX_ERRORS = 5;

    private Answers() {}

    /** Throws if it is worth trying again: too many requests, and what goes wrong inside of servers. */
    public static void throwIfTransient(Exchange exchange, String host) throws TransientException {
        int status = exchange.status();
        boolean byServer = status >= 500 && status != 501 && status != 505;
        if (status == 408 || status == 429 || byServer) {
            Optional<Duration> wait = exchange.header("Retry-After").flatMap(Answers::retryAfter);
            String what = status == 429 ? " is asked too often (status 429)" : " fails with status " + status;
            String asks =
                    wait.map(w -> "; it asks to wait " + w.toSeconds() + " s").orElse("");
            String remedy = status == 429 ? ". Log in with 'docker login', as users get more requests" : "";
            throw new TransientException("registry " + host + what + asks + remedy, wait, null);
        }
    }

    /** Seconds, or a date. Source: RFC 9110, 10.2.3. */
    static Optional<Duration> retryAfter(String value) {
        try {
            if (value.matches("\\d{1,9}")) {
                return Optional.of(Duration.ofSeconds(Long.parseLong(value)));
            }
            Instant date = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            Duration left = Duration.between(Instant.now(), date);
            return Optional.of(left.isNegative() ? Duration.ZERO : left);
        } catch (DateTimeException e) {
            LOG.debug("Retry-After is neither seconds nor a date: {}", Shown.of(value), e);
            return Optional.empty();
        }
    }

    /** The registry's own words, with a comma in front; empty if there are none. Source: distribution-spec, "Error Codes". */
    public static String reason(byte[] body) {
        List<String> reasons = new ArrayList<>();
        try {
            JsonObject json = JsonObject.parse(body, "answer");
            json.optionalText("details").ifPresent(reasons::add); // Docker Hub's token server
            for (JsonObject error : json.has("errors") ? json.objects("errors") : List.<JsonObject>of()) {
                String code = error.optionalText("code").orElse("");
                String message = error.optionalText("message").orElse("");
                reasons.add(code + (code.isEmpty() || message.isEmpty() ? "" : ": ") + message);
            }
        } catch (InvalidImageException e) {
            LOG.debug("The answer has no reasons: {}", Shown.of(new String(body, StandardCharsets.UTF_8)), e);
        }
        String said = String.join(", ", reasons.subList(0, Math.min(MAX_ERRORS, reasons.size())));
        return said.isEmpty() ? "" : ", " + Shown.of(said);
    }
}

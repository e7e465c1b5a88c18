// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.registry;

import dev.thaw.image.Digest;
import dev.thaw.image.cache.BlobWriter;
import dev.thaw.image.http.Answers;
import dev.thaw.image.http.Cancellation;
import dev.thaw.image.http.Endpoint;
import dev.thaw.image.http.Exchange;
import dev.thaw.image.http.Hosts;
import dev.thaw.image.http.RegistryException;
import dev.thaw.image.http.Retry;
import dev.thaw.image.http.TransientException;
import dev.thaw.image.login.Authorizer;
import dev.thaw.image.login.Challenge;
import dev.thaw.image.manifest.JsonObject;
import dev.thaw.image.manifest.MediaType;
import dev.thaw.image.manifest.OciDescriptor;
import dev.thaw.image.tree.Shown;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.nio.channels.ClosedByInterruptException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads one repository of one registry. Every method tries again what may pass, and throws RegistryException for the
 * rest. Thread-safe. Source: OCI distribution-spec 1.1, "Pull".
 */
final class RegistryClient {
    private static final int CHUNK = 1 << 18;
    private static final int MAX_ERROR_BODY = 1 << 16;
    private static final String DIGEST_HEADER = "Docker-Content-Digest";
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18}|\\*)");

    private final Endpoint endpoint;
    private final String repository;
    private final Authorizer authorizer;
    private final Retry retry;
    private final Cancellation cancellation;

    RegistryClient(
            Endpoint endpoint, String repository, Authorizer authorizer, Retry retry, Cancellation cancellation) {
        this.endpoint = endpoint;
        this.repository = repository;
        this.authorizer = authorizer;
        this.retry = retry;
        this.cancellation = cancellation;
    }

    /** A manifest or index as it came. */
    static final class Manifest {
        private final byte[] bytes;
        private final Optional<String> contentType;

        private Manifest(byte[] bytes, Optional<String> contentType) {
            this.bytes = bytes;
            this.contentType = contentType;
        }

        /** Not a copy. */
        byte[] bytes() {
            return bytes;
        }

        Optional<String> contentType() {
            return contentType;
        }
    }

    /** Which digest a tag has now; empty if the registry does not say without sending the manifest. */
    Optional<Digest> head(String tag) throws IOException, InterruptedException {
        Request request = new Request("HEAD", "manifests/" + tag, MediaType.ACCEPTED_MANIFESTS, 0);
        return answered(request, exchange -> {
            // Some registries do not know HEAD here; asking with GET shows what there really is to say.
            return exchange.status() == 200 ? exchange.header(DIGEST_HEADER).map(this::digest) : Optional.empty();
        });
    }

    /** The manifest or index that a tag or digest names now. Nothing is checked of what it says. */
    Manifest manifest(String tag) throws IOException, InterruptedException {
        Request request = new Request("GET", "manifests/" + tag, MediaType.ACCEPTED_MANIFESTS, 0);
        return answered(request, exchange -> {
            requireOk(exchange, request);
            byte[] bytes = exchange.bodyAtMost(JsonObject.MAX_BYTES);
            if (bytes.length > JsonObject.MAX_BYTES) {
                throw new RegistryException("registry " + endpoint.host() + " sends a manifest for " + tag
                        + " of more than " + JsonObject.MAX_BYTES + " bytes, which is more than is accepted");
            }
            return new Manifest(bytes, exchange.header("Content-Type"));
        });
    }

    /**
     * Writes a blob or manifest; where a connection breaks off, it goes on.
     *
     * @param counted is told how many further bytes have come
     */
    void download(OciDescriptor descriptor, BlobWriter blob, LongConsumer counted)
            throws IOException, InterruptedException {
        boolean manifest = MediaType.isManifest(descriptor.mediaType()) || MediaType.isIndex(descriptor.mediaType());
        String path = (manifest ? "manifests/" : "blobs/") + descriptor.digest();
        String accept = manifest ? descriptor.mediaType() : "*/*";
        retry.run(cancellation, blob::position, () -> {
            Request request = new Request("GET", path, accept, blob.position());
            return once(request, exchange -> {
                copy(exchange, request, blob, counted);
                return null;
            });
        });
    }

    private void copy(Exchange exchange, Request request, BlobWriter blob, LongConsumer counted) throws IOException {
        if (exchange.status() == 206 && request.from() > 0) {
            requireRange(exchange, request.from(), blob.sizeBytes());
        } else {
            requireOk(exchange, request);
            counted.accept(-blob.position());
            blob.restart();
        }
        byte[] chunk = new byte[CHUNK];
        try {
            for (int n = exchange.body().read(chunk);
                    n >= 0;
                    n = exchange.body().read(chunk)) {
                blob.write(chunk, 0, n);
                counted.accept(n);
            }
        } catch (TransientException e) {
            throwUnlessWhole(blob, request, e);
        }
        throwUnlessWhole(blob, request, null);
    }

    /** All bytes may be there although the body did not end as it should; then nothing is left to ask for. */
    private void throwUnlessWhole(BlobWriter blob, Request request, TransientException cause)
            throws TransientException {
        if (blob.position() < blob.sizeBytes()) {
            String why = cause == null ? "" : ": it " + cause.getMessage();
            throw new TransientException(
                    "registry " + endpoint.host() + " sends " + request.path() + " of " + repository
                            + " cut off, after " + blob.position() + " of " + blob.sizeBytes() + " bytes" + why,
                    Optional.empty(),
                    cause);
        }
    }

    /** Where it goes on, as far as the blob goes at most, and of a blob of that size if it says. Source: RFC 9110, 14.4. */
    private void requireRange(Exchange exchange, long from, long sizeBytes) throws RegistryException {
        String range = exchange.header("Content-Range").orElse("");
        Matcher matcher = CONTENT_RANGE.matcher(range);
        boolean fits = matcher.matches()
                && Long.parseLong(matcher.group(1)) == from
                && Long.parseLong(matcher.group(2)) < sizeBytes
                && (matcher.group(3).equals("*") || Long.parseLong(matcher.group(3)) == sizeBytes);
        if (!fits) {
            throw new RegistryException("registry " + endpoint.host() + " was asked to go on at byte " + from + " of "
                    + sizeBytes + " and sends '" + Shown.of(range) + "'");
        }
    }

    /**
     * What is asked.
     *
     * @param from the first byte that is wanted; 0 for all
     */
    private record Request(String method, String path, String accept, long from) {
        Map<String, String> headers(String authorization) {
            Map<String, String> headers = new HashMap<>(Map.of("Accept", accept));
            if (!authorization.isEmpty()) {
                headers.put("Authorization", authorization);
            }
            if (from > 0) {
                headers.put("Range", "bytes=" + from + "-");
            }
            return headers;
        }
    }

    @FunctionalInterface
    private interface Reader<T> {
        T read(Exchange exchange) throws IOException, InterruptedException;
    }

    private <T> T answered(Request request, Reader<T> reader) throws IOException, InterruptedException {
        return retry.run(cancellation, () -> 0, () -> once(request, reader));
    }

    private <T> T once(Request request, Reader<T> reader) throws IOException, InterruptedException {
        try {
            String authorization = authorizer.header();
            try (Exchange first = send(request, authorization)) {
                if (first.status() != 401 || !mayAskAgain(first, authorization)) {
                    return read(first, reader);
                }
            }
            try (Exchange second = send(request, authorizer.header())) {
                return read(second, reader);
            }
        } catch (InterruptedIOException | ClosedByInterruptException e) {
            InterruptedException interrupted = new InterruptedException("interrupted while a registry was read");
            interrupted.initCause(e);
            throw interrupted;
        } catch (IOException e) {
            throw endpoint.explained(e);
        }
    }

    private <T> T read(Exchange exchange, Reader<T> reader) throws IOException, InterruptedException {
        Answers.throwIfTransient(exchange, endpoint.host());
        return reader.read(exchange);
    }

    private Exchange send(Request request, String authorization) throws IOException, InterruptedException {
        URI uri = URI.create(endpoint.base() + "/v2/" + repository + "/" + request.path());
        return endpoint.send(request.method(), uri, request.headers(authorization), cancellation);
    }

    private boolean mayAskAgain(Exchange refused, String authorization) throws IOException, InterruptedException {
        // Where the registry redirects to, storage for example, gets no credentials, whatever it asks for.
        boolean byRegistry = Hosts.sameOrigin(refused.uri(), endpoint.base());
        return byRegistry
                && authorizer.answer(
                        endpoint.base(),
                        Challenge.parse(refused.headers("WWW-Authenticate")),
                        authorization,
                        cancellation);
    }

    private void requireOk(Exchange exchange, Request request) throws IOException {
        int status = exchange.status();
        if (status == 200) {
            return;
        }
        String answer = "(status " + status + Answers.reason(exchange.bodyAtMost(MAX_ERROR_BODY)) + ")";
        String what = request.path()
                .replaceFirst("^manifests/(?=[^:]*$)", "tag ")
                .replaceFirst("^manifests/", "manifest ")
                .replaceFirst("^blobs/", "blob ");
        throw new RegistryException("registry " + endpoint.host()
                + switch (status) {
                    case 401, 403 -> " does not let us read " + repository + " " + answer + ". " + authorizer.remedy();
                    case 404 -> " has no " + what + " in " + repository + " " + answer + ". Check name and tag";
                    default -> " answers a request for " + what + " of " + repository + " with " + answer;
                });
    }

    private Digest digest(String text) {
        try {
            return Digest.parse(text);
        } catch (IllegalArgumentException e) {
            return null; // as if it had said nothing; what the manifest's bytes are decides
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse.ResponseInfo;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An answer, of which the body has not been read yet. Confined to one thread. */
public final class Exchange implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);
    /** So much of a body is read to keep the connection; with more left, a new one is cheaper. */
    private static final int MAX_DRAINED = 1 << 16;

    private static final int CHUNK = 1 << 14;
    /** For a document of some megabytes. */
    private static final Duration LONGEST = Duration.ofMinutes(2);

    private final URI uri;
    private final ResponseInfo head;
    private final BodyStream body;
    private final Cancellation cancellation;

    /**
     * An answer.
     *
     * @param uri what was asked last, after redirects
     * @param cancellation the body has been added to; closing this removes it
     */
    Exchange(URI uri, ResponseInfo head, BodyStream body, Cancellation cancellation) {
        this.uri = uri;
        this.head = head;
        this.body = body;
        this.cancellation = cancellation;
    }

    public int status() {
        return head.statusCode();
    }

    /** What was asked last, after redirects. */
    public URI uri() {
        return uri;
    }

    public Optional<String> header(String name) {
        return head.headers().firstValue(name);
    }

    /** All values of a header that may come several times, in their order. */
    public List<String> headers(String name) {
        return head.headers().allValues(name);
    }

    public InputStream body() {
        return body;
    }

    /** The whole body, or as much of it as is accepted and one byte. It may not drip in for ever. */
    public byte[] bodyAtMost(int bytes) throws IOException {
        long start = System.nanoTime();
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        byte[] chunk = new byte[CHUNK];
        while (whole.size() <= bytes) {
            int n = body().read(chunk, 0, Math.min(chunk.length, bytes + 1 - whole.size()));
            if (n < 0) {
                break;
            }
            whole.write(chunk, 0, n);
            if (System.nanoTime() - start > LONGEST.toNanos()) {
                throw new TransientException(
                        "has sent " + whole.size() + " bytes in " + LONGEST.toSeconds() + " s", Optional.empty(), null);
            }
        }
        return whole.toByteArray();
    }

    /** Leaves the connection for the next request if there is little left to read. */
    @Override
    public void close() {
        try (body) {
            if (!cancellation.isCancelled() && !Thread.currentThread().isInterrupted()) {
                body.readNBytes(MAX_DRAINED);
            }
        } catch (IOException e) {
            LOG.debug("The rest of an answer of {} that nobody wants: {}", uri().getAuthority(), e.getMessage());
        } finally {
            cancellation.remove(body);
        }
    }
}

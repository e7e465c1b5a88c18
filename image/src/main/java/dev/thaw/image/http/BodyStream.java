// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * An answer's body as a stream whose reads do not wait for ever, unlike the JDK's own. Read by one thread; any thread may
 * {@link #abort} it. Whatever goes wrong with the body is a TransientException, as asking again may help.
 */
final class BodyStream extends InputStream implements HttpResponse.BodySubscriber<BodyStream>, Cancellation.Abortable {
    /** Buffers of up to 16 KiB that may be on their way here. */
    private static final int WINDOW = 16;

    /** What has come: a list of buffers, a Throwable, or the end. Bounded by the window. */
    private final BlockingQueue<Object> arrived = new LinkedBlockingQueue<>();

    private final Queue<ByteBuffer> current = new ArrayDeque<>();
    private final Duration patience;
    private volatile Flow.Subscription subscription;
    private boolean ended;

    private enum End {
        END
    }

    /** A body of which something has to come at least each time that this has passed. */
    BodyStream(Duration patience) {
        this.patience = patience;
    }

    @Override
    public CompletionStage<BodyStream> getBody() {
        return CompletableFuture.completedFuture(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        subscription = given;
        given.request(WINDOW);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        arrived.add(buffers);
    }

    @Override
    public void onError(Throwable failure) {
        arrived.add(failure);
    }

    @Override
    public void onComplete() {
        arrived.add(End.END);
    }

    @Override
    public void abort() {
        arrived.add(new IOException("cancelled"));
        close();
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int from, int count) throws IOException {
        if (count == 0) {
            return 0;
        }
        while (!ended && current.isEmpty()) {
            await();
        }
        if (current.isEmpty()) {
            return -1;
        }
        ByteBuffer buffer = current.peek();
        int n = Math.min(count, buffer.remaining());
        buffer.get(target, from, n);
        if (!buffer.hasRemaining()) {
            current.remove();
        }
        return n;
    }

    @SuppressWarnings("unchecked") // onNext puts in nothing but lists of buffers
    private void await() throws IOException {
        Object next;
        try {
            next = arrived.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            close();
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("interrupted");
            interrupted.initCause(e);
            throw interrupted;
        }
        if (next == null) {
            close();
            throw new TransientException(
                    "sends nothing more for " + patience.toSeconds() + " s", Optional.empty(), null);
        }
        if (next instanceof Throwable failure) {
            arrived.add(failure); // for further reads
            throw new TransientException("breaks off: " + failure.getMessage(), Optional.empty(), failure);
        }
        if (next == End.END) {
            ended = true;
            return;
        }
        for (ByteBuffer buffer : (List<ByteBuffer>) next) {
            if (buffer.hasRemaining()) {
                current.add(buffer);
            }
        }
        subscription.request(1);
    }

    /** Lets go of the connection if the body has not ended. */
    @Override
    public void close() {
        Flow.Subscription given = subscription;
        if (given != null) {
            given.cancel();
        }
    }
}

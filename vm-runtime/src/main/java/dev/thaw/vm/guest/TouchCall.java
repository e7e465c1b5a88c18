// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.guest;

import dev.thaw.vm.channel.MuxStream;
import dev.thaw.vm.channel.StreamListener;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/** A connection that is ended as soon as it stands. Loop's thread only. */
final class TouchCall implements StreamListener {
    private final CompletableFuture<Void> result = new CompletableFuture<>();
    private MuxStream stream;

    void attach(MuxStream opened) {
        stream = opened;
    }

    CompletableFuture<Void> result() {
        return result;
    }

    @Override
    public void opened(ByteBuffer reply) {
        stream.eof();
    }

    /** A service that greets first; nobody is interested. */
    @Override
    public void data(int flag, ByteBuffer data) {
        stream.consumed(data.remaining());
    }

    @Override
    public void eof(int flag) {
        // END follows, as this side has ended already.
    }

    @Override
    public void end(ByteBuffer bytes) {
        result.complete(null);
    }

    /** The service may refuse, or break the connection off: it was touched all the same. */
    @Override
    public void reset(int errno, String message) {
        result.complete(null);
    }

    @Override
    public void failed(Throwable cause) {
        result.completeExceptionally(cause);
    }
}

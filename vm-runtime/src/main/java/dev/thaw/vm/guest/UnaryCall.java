// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.guest;

import dev.thaw.vm.channel.ProtocolException;
import dev.thaw.vm.channel.StreamListener;
import dev.thaw.vm.channel.WireReader;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/** A request that is answered once. */
final class UnaryCall<T> implements StreamListener {
    private final Parser<T> parser;
    private final CompletableFuture<T> result = new CompletableFuture<>();

    /** Reads the answer, all of it. */
    interface Parser<T> {
        T parse(WireReader in) throws ProtocolException;
    }

    UnaryCall(Parser<T> parser) {
        this.parser = parser;
    }

    CompletableFuture<T> result() {
        return result;
    }

    @Override
    public void end(ByteBuffer bytes) throws ProtocolException {
        WireReader in = new WireReader("The guest's answer", bytes);
        T value = parser.parse(in);
        in.requireEnd();
        result.complete(value);
    }

    @Override
    public void reset(int errno, String message) {
        result.completeExceptionally(new GuestRefusedException(errno, message));
    }

    @Override
    public void failed(Throwable cause) {
        result.completeExceptionally(cause);
    }
}

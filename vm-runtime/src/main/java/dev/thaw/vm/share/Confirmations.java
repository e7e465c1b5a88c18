// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.share;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** What one share has been sent that the guest confirms with DONE: notifications, replays, and wishes to sync. Thread-safe. */
final class Confirmations {
    private final ShareSender sender;
    private final int share;
    private final Map<Integer, CompletableFuture<Integer>> pending = new HashMap<>();
    private int last;
    private IOException failure;

    Confirmations(ShareSender sender, int share) {
        this.sender = sender;
        this.share = share;
    }

    /**
     * Sends a frame that begins with a number of its own. The order of the calls is that of the frames.
     *
     * @param rest what follows the number
     * @return completes with the guest's errno, 0 if all went well
     */
    synchronized CompletableFuture<Integer> send(ShareFrame type, ByteBuffer rest) throws IOException {
        if (failure != null) {
            throw new IOException(failure.getMessage(), failure);
        }
        int number = ++last;
        CompletableFuture<Integer> done = new CompletableFuture<>();
        pending.put(number, done);
        try {
            sender.send(type.numbered(share, number, rest.remaining()), rest);
        } catch (IOException e) {
            pending.remove(number);
            throw e;
        }
        return done;
    }

    /** The guest has dealt with a frame. A number that it made up is nobody's. */
    void done(int number, int errno) {
        CompletableFuture<Integer> done;
        synchronized (this) {
            done = pending.remove(number);
        }
        if (done != null) {
            done.complete(errno);
        }
    }

    /** Nothing will be confirmed any more. */
    void fail(IOException cause) {
        Map<Integer, CompletableFuture<Integer>> left;
        synchronized (this) {
            failure = cause;
            left = Map.copyOf(pending);
            pending.clear();
        }
        left.values().forEach(one -> one.completeExceptionally(cause));
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.share;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Writes down what a share is told. */
final class RecordingShare implements ShareListener {
    final List<String> events = new CopyOnWriteArrayList<>();

    /** A message is told by its length and its first byte. */
    @Override
    public void message(ByteBuffer request) {
        events.add("message of " + request.remaining() + (request.hasRemaining() ? " from " + request.get(0) : ""));
    }

    @Override
    public void user(int uid, int gid) {
        events.add("user " + uid + ":" + gid);
    }

    @Override
    public void attached() {
        events.add("attached");
    }

    @Override
    public void refused(int errno, String message) {
        events.add("refused " + errno + " " + message);
    }

    @Override
    public void done(int sequence, int errno) {
        events.add("done " + sequence + " " + errno);
    }

    @Override
    public void detached() {
        events.add("detached");
    }

    @Override
    public void failed(Throwable cause) {
        events.add("failed: " + cause.getMessage());
    }
}

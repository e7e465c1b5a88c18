// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.channel;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Takes everything that can happen on a stream and writes it down. */
final class RecordingListener implements StreamListener {
    final List<String> events = new ArrayList<>();
    private final StringBuilder data = new StringBuilder();

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.ISO_8859_1.decode(bytes).toString();
    }

    /** All DATA that came, without the cuts between frames. */
    String data() {
        return data.toString();
    }

    @Override
    public void opened(ByteBuffer reply) {
        events.add("opened " + text(reply));
    }

    @Override
    public void data(int flag, ByteBuffer bytes) {
        String text = text(bytes);
        data.append(flag).append(text);
        events.add("data " + flag + " " + text);
    }

    @Override
    public void eof(int flag) {
        events.add("eof " + flag);
    }

    @Override
    public void writable() {
        events.add("writable");
    }

    @Override
    public void end(ByteBuffer result) {
        events.add("end " + text(result));
    }

    @Override
    public void reset(int errno, String message) {
        events.add("reset " + errno + " " + message);
    }

    @Override
    public void failed(Throwable cause) {
        events.add("failed " + cause.getMessage());
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.agent;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** A frame of docs/guest-channel.md as a test sees it. */
final class Frame {
    static final int OPEN = 1, OPENED = 2, DATA = 3, WINDOW = 4, EOF = 5, END = 6, RESET = 7, SIGNAL = 8;
    static final int HEADER_SIZE = 12;

    private final int stream;
    private final int type;
    private final int flag;
    private final byte[] payload;

    Frame(int stream, int type, int flag, byte[] payload) {
        this.stream = stream;
        this.type = type;
        this.flag = flag;
        this.payload = payload.clone();
    }

    int stream() {
        return stream;
    }

    int type() {
        return type;
    }

    int flag() {
        return flag;
    }

    byte[] payload() {
        return payload.clone();
    }

    ByteBuffer body() {
        return ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
    }

    int errno() {
        return body().getInt(0);
    }

    String message() {
        return new String(payload, 8, body().getInt(4), StandardCharsets.UTF_8);
    }

    String text() {
        return new String(payload, StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return "stream " + stream + " type " + type + " flag " + flag + ", " + payload.length + " bytes"
                + (type == RESET ? ": " + errno() + " " + message() : "");
    }
}

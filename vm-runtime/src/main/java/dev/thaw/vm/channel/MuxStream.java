// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.channel;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The host's end of one stream. Confined to the thread of its {@link Mux}. */
public final class MuxStream {
    /** How many bytes a side may send beyond what the other has taken. */
    public static final int WINDOW = 131072;

    private static final int GRANT_FROM = WINDOW / 2;
    private static final int WINDOW_PAYLOAD = 4;
    /** What is allocated to read from a client: most requests are far smaller. */
    private static final int READ_CHUNK = 16 * 1024;

    private final Mux mux;
    private final int number;
    private final StreamListener listener;
    private int sendCredit = WINDOW;
    private int receiveCredit = WINDOW;
    private int consumed;
    private boolean starved;
    private boolean eofSent;
    private boolean done;

    MuxStream(Mux mux, int number, StreamListener listener) {
        this.mux = mux;
        this.number = number;
        this.listener = listener;
    }

    /** How many bytes {@link #send} would take now. */
    public int credit() {
        return done || eofSent ? 0 : sendCredit;
    }

    /**
     * Sends as much as the guest has granted, from the buffer's position on.
     *
     * @return whether all of it was taken; if not, {@link StreamListener#writable} is called when more will be
     */
    public boolean send(ByteBuffer data) {
        if (done || eofSent) {
            throw new IllegalStateException("Stream " + number + " takes no more data.");
        }
        while (data.hasRemaining() && sendCredit > 0) {
            int length = Math.min(Math.min(data.remaining(), sendCredit), FrameHeader.MAX_PAYLOAD);
            ByteBuffer frame = new FrameHeader(length, number, FrameType.DATA, 0).allocate();
            frame.put(data.slice(data.position(), length));
            data.position(data.position() + length);
            sendCredit -= length;
            mux.write(frame);
        }
        starved = data.hasRemaining();
        return !starved;
    }

    /** Has {@link StreamListener#writable} called when there is credit again. */
    public void wantCredit() {
        starved = true;
    }

    /**
     * A buffer to read at most so many bytes into which {@link #sendAllocated} then sends without copying them. Its position is where
     * the bytes go.
     */
    public ByteBuffer allocate(int maxBytes) {
        return new FrameHeader(Math.min(maxBytes, READ_CHUNK), number, FrameType.DATA, 0).allocate();
    }

    /** Sends the bytes that were put into a buffer of {@link #allocate}; there has to be credit for them. */
    public void sendAllocated(ByteBuffer frame) {
        int length = frame.position() - FrameHeader.SIZE;
        if (done || eofSent || length > sendCredit) {
            throw new IllegalStateException("Stream " + number + " can't take " + length + " bytes now.");
        }
        frame.putInt(FrameHeader.LENGTH, length);
        sendCredit -= length;
        mux.write(frame);
    }

    /** Says that no more data comes from this side. */
    public void eof() {
        if (!done && !eofSent) {
            eofSent = true;
            mux.write(new FrameHeader(0, number, FrameType.EOF, 0).allocate());
        }
    }

    /**
     * Gives the guest back the credit for so many bytes that were received. It counts from when the grant has been
     * written: a guest that sends and never reads comes to the end of its credit, instead of having grants pile up.
     */
    public void consumed(int bytes) {
        consumed += bytes;
        if (consumed >= GRANT_FROM && !done) {
            int grant = consumed;
            consumed = 0;
            ByteBuffer frame = new FrameHeader(WINDOW_PAYLOAD, number, FrameType.WINDOW, 0).allocate();
            mux.write(frame.putInt(grant), () -> receiveCredit += grant);
        }
    }

    /** Sends a Linux signal number to the process of this stream. */
    public void signal(int signal) {
        if (!done) {
            mux.write(new FrameHeader(Integer.BYTES, number, FrameType.SIGNAL, 0)
                    .allocate()
                    .putInt(signal));
        }
    }

    /** Ends the stream at once. The listener is told nothing more. */
    public void reset(int errno, String message) {
        if (!done) {
            finish();
            byte[] text = message.getBytes(StandardCharsets.UTF_8);
            int length = Math.min(text.length, Mux.MAX_RESET_MESSAGE);
            mux.write(new FrameHeader(2 * Integer.BYTES + length, number, FrameType.RESET, 0)
                    .allocate()
                    .putInt(errno)
                    .putInt(length)
                    .put(text, 0, length));
        }
    }

    void receive(FrameHeader header, ByteBuffer payload) throws ProtocolException {
        FrameType type = FrameType.fromGuest(header.type());
        switch (type) {
            case OPENED -> listener.opened(payload);
            case DATA -> receiveData(header.flag(), payload);
            case WINDOW -> receiveWindow(payload);
            case EOF -> {
                requireEmpty(payload);
                listener.eof(header.flag());
            }
            case END -> receiveEnd(payload);
            case RESET -> receiveReset(payload);
            case OPEN, SIGNAL -> throw new ProtocolException("The guest sent " + type + ".");
        }
    }

    private void receiveData(int flag, ByteBuffer payload) throws ProtocolException {
        int length = payload.remaining();
        if (length == 0 || length > receiveCredit) {
            throw new ProtocolException("The guest sent " + length + " bytes of DATA on stream " + number
                    + " with a credit of " + receiveCredit + ".");
        }
        receiveCredit -= length;
        listener.data(flag, payload);
    }

    private void receiveWindow(ByteBuffer payload) throws ProtocolException {
        WireReader reader = new WireReader("WINDOW", payload);
        long grant = reader.u32();
        reader.requireEnd();
        if (grant > WINDOW - sendCredit) {
            throw new ProtocolException("The guest granted " + grant + " bytes on stream " + number
                    + " on top of a credit of " + sendCredit + ".");
        }
        sendCredit += (int) grant;
        if (starved && sendCredit > 0) {
            starved = false;
            listener.writable();
        }
    }

    /** A result that can't be understood fails the whole channel, of which this stream is no part any more. */
    private void receiveEnd(ByteBuffer payload) throws ProtocolException {
        finish();
        try {
            listener.end(payload);
        } catch (ProtocolException | RuntimeException e) {
            listener.failed(e);
            throw e;
        }
    }

    private void receiveReset(ByteBuffer payload) throws ProtocolException {
        WireReader reader = new WireReader("RESET", payload);
        int errno = reader.i32();
        String message = reader.string(Mux.MAX_RESET_MESSAGE);
        reader.requireEnd();
        finish();
        listener.reset(errno, message);
    }

    private void requireEmpty(ByteBuffer payload) throws ProtocolException {
        if (payload.hasRemaining()) {
            throw new ProtocolException("The guest sent EOF with " + payload.remaining() + " bytes behind it.");
        }
    }

    private void finish() {
        done = true;
        mux.forget(number);
    }

    void fail(Throwable cause) {
        done = true;
        listener.failed(cause);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.channel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One session of the channel as the host sees it, without input or output: bytes from the guest go in through {@link
 * #receive}, bytes to it come out through the consumer. Source: docs/guest-channel.md.
 *
 * <p>Confined to one thread at a time. What it holds is bounded by one frame, the hello's scan and
 * the streams that the host has opened; received data is handed on at once, and a guest that sends more than its credit is
 * cut off.
 */
public final class Mux {
    static final int MAX_STREAMS = 1024;
    static final int MAX_RESET_MESSAGE = 4096;

    private final long session;
    private final Output output;
    private HelloScanner scanner;
    private final Map<Integer, MuxStream> streams = new HashMap<>();
    private final RecordAssembler<FrameHeader> frames =
            new RecordAssembler<>(FrameHeader.SIZE, FrameHeader.MAX_PAYLOAD, new Frames());
    private boolean inSession;
    private boolean paused;
    private int lastStream;
    /** The stream whose number is kept free for the first request after a pause. */
    private int reservedStream;

    private Throwable failure;

    /** Where frames go. */
    interface Output {
        /**
         * Takes an encoded frame, ready to be read, and owns the buffer from then on.
         *
         * @param written to be run once the guest could have read the frame, and before it could have answered
         */
        void write(ByteBuffer frame, Runnable written);
    }

    /**
     * Begins a session by writing the host's hello.
     *
     * @param session a random number other than 0
     */
    Mux(long session, Output output) {
        this.session = session;
        this.output = output;
        sayHello();
    }

    private void sayHello() {
        inSession = false;
        paused = false;
        scanner = new HelloScanner(session);
        output.write(new Hello(Hello.CURRENT_VERSION, Hello.HOST, session).encode(), () -> {});
    }

    /**
     * Opens a stream. The request may go out before the guest has answered the hello.
     *
     * @param kind what the stream is for: docs/guest-channel.md, Kinds of streams
     * @throws IOException if the channel has failed, the request is too long for a frame, or too many streams are open
     */
    public MuxStream open(int kind, byte[] request, StreamListener listener) throws IOException {
        if (failure != null) {
            throw new IOException("The channel to the guest is closed: " + failure.getMessage(), failure);
        }
        if (request.length + 1 > FrameHeader.MAX_PAYLOAD) {
            throw new IOException("The request has " + request.length + " bytes; the channel carries at most "
                    + (FrameHeader.MAX_PAYLOAD - 1) + ". Pass what is large through standard input or a file.");
        }
        if (streams.size() >= MAX_STREAMS) {
            throw new IOException(MAX_STREAMS + " streams to the guest are open, which is the limit.");
        }
        return open(++lastStream, kind, request, listener);
    }

    private MuxStream open(int number, int kind, byte[] request, StreamListener listener) {
        MuxStream stream = new MuxStream(this, number, listener);
        streams.put(number, stream);
        write(new FrameHeader(request.length + 1, number, FrameType.OPEN, 0)
                .allocate()
                .put((byte) kind)
                .put(request));
        return stream;
    }

    /**
     * Keeps the next stream's number for the request that ends a pause: it goes out first then, and numbers only grow.
     */
    void reserveStream() {
        reservedStream = ++lastStream;
    }

    /** Nothing may come from the guest any more until it has been said hello to. */
    void pause() {
        paused = true;
    }

    /** Says hello once more and opens the stream whose number was reserved; everything else is as it was before the pause. */
    void continueSession(int kind, byte[] request, StreamListener listener) {
        sayHello();
        open(reservedStream, kind, request, listener);
    }

    /**
     * Takes all bytes of the buffer.
     *
     * @throws ProtocolException if they break the protocol; the caller then closes the connection and calls {@link #fail}
     */
    public void receive(ByteBuffer in) throws ProtocolException {
        if (paused) {
            throw new ProtocolException("The guest sent " + in.remaining() + " bytes while it was paused.");
        }
        if (!inSession) {
            inSession = scanner.scan(in);
        }
        if (inSession) {
            frames.append(in);
        }
    }

    private final class Frames implements RecordAssembler.Format<FrameHeader> {
        @Override
        public FrameHeader header(ByteBuffer bytes) throws ProtocolException {
            if (paused) {
                throw new ProtocolException("The guest sent a frame while it was paused.");
            }
            FrameHeader header = FrameHeader.decode(bytes);
            if (!FrameType.fromGuest(header.type()).hasFlag()) {
                header.requireNoFlag();
            }
            return header;
        }

        @Override
        public int bodyLength(FrameHeader header) {
            return header.length();
        }

        @Override
        public void record(FrameHeader header, ByteBuffer payload) throws ProtocolException {
            dispatch(header, payload);
        }
    }

    private void dispatch(FrameHeader header, ByteBuffer payload) throws ProtocolException {
        MuxStream stream = streams.get(header.stream());
        if (stream != null) {
            stream.receive(header, payload);
        } else if (Integer.compareUnsigned(header.stream(), lastStream) > 0) {
            throw new ProtocolException("The guest sent a frame for stream " + Integer.toUnsignedString(header.stream())
                    + "; the last one opened is " + lastStream + ".");
        }
        // Else it was under way when this side reset the stream.
    }

    /** Tells every open stream that the channel is gone. Opening another one fails from here on. */
    public void fail(Throwable cause) {
        if (failure == null) {
            failure = cause;
            List<MuxStream> open = new ArrayList<>(streams.values());
            streams.clear();
            open.forEach(stream -> stream.fail(cause));
        }
    }

    void write(ByteBuffer frame) {
        write(frame, () -> {});
    }

    /** @param written is run once the guest could have read the frame, and before it could have answered */
    void write(ByteBuffer frame, Runnable written) {
        if (failure == null) {
            output.write(frame.flip(), written);
        }
    }

    void forget(int stream) {
        streams.remove(stream);
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.share;

import dev.thaw.vm.channel.FrameHeader;
import dev.thaw.vm.channel.HelloScanner;
import dev.thaw.vm.channel.ProtocolException;
import dev.thaw.vm.channel.RecordAssembler;
import dev.thaw.vm.channel.WireReader;
import java.nio.ByteBuffer;
import java.util.function.IntFunction;

/**
 * What comes from the relay: finds its hello, cuts frames and tells the shares' listeners. It does no input of its own. What it
 * holds is bounded by a frame and a message. Confined to one thread.
 */
final class ShareInput implements RecordAssembler.Format<FrameHeader> {
    private static final int MAX_TEXT = 4096;

    private final HelloScanner scanner;
    private final MessageBuffers buffers;
    private final PartAssembler parts;
    private final RecordAssembler<FrameHeader> frames =
            new RecordAssembler<>(FrameHeader.SIZE, FrameHeader.MAX_PAYLOAD, this);
    private final IntFunction<ShareListener> shares;
    private final Runnable held;
    private boolean inSession;

    /**
     * Waits for the hello of a session.
     *
     * @param shares gives a share's listener, or null
     * @param held is told of HELD
     */
    ShareInput(long session, MessageBuffers buffers, IntFunction<ShareListener> shares, Runnable held) {
        this.scanner = new HelloScanner(session);
        this.buffers = buffers;
        this.parts = new PartAssembler(buffers);
        this.shares = shares;
        this.held = held;
    }

    /** Takes all bytes of the buffer. */
    void receive(ByteBuffer bytes) throws ProtocolException {
        if (!inSession) {
            inSession = scanner.scan(bytes);
        }
        if (inSession) {
            frames.append(bytes);
        }
    }

    @Override
    public FrameHeader header(ByteBuffer bytes) throws ProtocolException {
        FrameHeader header = FrameHeader.decode(bytes);
        if (ShareFrame.of(header) != ShareFrame.PART) {
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
        ShareFrame type = ShareFrame.of(header);
        if (type == ShareFrame.PART) {
            ByteBuffer message = parts.take(header.stream(), payload, header.flag() == ShareFrame.LAST);
            if (message != null) {
                message(header, message);
            }
        } else if (type == ShareFrame.MESSAGE) {
            message(header, buffers.take(payload.remaining()).put(payload).flip());
        } else {
            word(header, type, new WireReader("The guest's " + type, payload));
        }
    }

    /** What comes for a share that this side has ended is dropped. */
    private void message(FrameHeader header, ByteBuffer message) {
        ShareListener listener = shares.apply(header.stream());
        if (listener == null) {
            buffers.giveBack(message);
        } else {
            listener.message(message);
        }
    }

    private void word(FrameHeader header, ShareFrame type, WireReader in) throws ProtocolException {
        ShareListener listener = shares.apply(header.stream());
        Runnable tell = switch (type) {
            case HELD -> held;
            case USER -> {
                int uid = in.i32();
                int gid = in.i32();
                yield () -> listener.user(uid, gid);
            }
            case ATTACHED -> () -> listener.attached();
            case DETACHED -> () -> listener.detached();
            case REFUSED -> {
                int errno = in.i32();
                String what = in.string(MAX_TEXT);
                yield () -> listener.refused(errno, what);
            }
            case DONE -> {
                int sequence = in.i32();
                int errno = in.i32();
                yield () -> listener.done(sequence, errno);
            }
            default -> throw new IllegalStateException(type + " is no word of the guest's");
        };
        in.requireEnd();
        if (listener != null || type == ShareFrame.HELD) {
            tell.run();
        }
    }
}

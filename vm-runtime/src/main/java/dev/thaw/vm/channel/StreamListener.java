// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.channel;

import java.nio.ByteBuffer;

/**
 * What happens on a stream, told on the thread that the {@link Mux} is confined to. Buffers are valid only during the
 * call. After {@code end}, {@code reset} or {@code failed}, one of which always comes unless the host resets the stream
 * itself, nothing more is told.
 *
 * <p>A frame that the kind of stream does not know is a violation, which is what the methods without a body throw.
 */
public interface StreamListener {

    /** The guest has set the stream up. */
    default void opened(ByteBuffer reply) throws ProtocolException {
        throw new ProtocolException("The guest sent OPENED on a stream that has no such answer.");
    }

    /**
     * Bytes from the guest. The listener calls {@link MuxStream#consumed} once it is done with them.
     *
     * @param flag 1 for standard error, else 0
     */
    default void data(int flag, ByteBuffer data) throws ProtocolException {
        throw new ProtocolException("The guest sent DATA on a stream that carries none.");
    }

    /** The guest sends no more bytes with this flag. */
    default void eof(int flag) throws ProtocolException {
        throw new ProtocolException("The guest sent EOF on a stream that carries no data.");
    }

    /** There is credit again after {@link MuxStream#send} had taken less than it was given. */
    default void writable() {}

    /** The stream has ended well. */
    void end(ByteBuffer result) throws ProtocolException;

    /** The guest has ended the stream with an error. */
    void reset(int errno, String message);

    /** The whole channel is gone, for the given reason. */
    void failed(Throwable cause);
}

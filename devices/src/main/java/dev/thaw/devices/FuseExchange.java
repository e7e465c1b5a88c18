// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices;

import java.nio.ByteBuffer;

/**
 * One request and the way of its answer; the transport's. It is ended exactly once, by {@link #reply} or {@link #done},
 * from any thread. Neither may block for long nor throw for a connection that has gone.
 */
public interface FuseExchange {
    /** The whole message from its header on; the bytes stay as they are until the exchange has been ended. */
    ByteBuffer request();

    /**
     * Room for a reply, from position 0 to its limit. A transport may keep buffers for that: what it gave out comes
     * back with the end of the exchange, whether it is in the reply or not.
     */
    default ByteBuffer allocate(int bytes) {
        return ByteBuffer.allocate(bytes);
    }

    /** Answers with what remains in these, one after the other. They are the transport's from now on. */
    void reply(ByteBuffer... parts);

    /** There is no answer to this one. */
    void done();
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.share;

import dev.thaw.vm.channel.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Puts the message together that comes in parts; there is one at a time. FUSE says at its beginning how long it is, so that
 * nothing is taken that would not fit. Confined to one thread.
 */
final class PartAssembler {
    private final MessageBuffers buffers;
    private ByteBuffer message;
    private int share;

    PartAssembler(MessageBuffers buffers) {
        this.buffers = buffers;
    }

    /**
     * Takes a part.
     *
     * @return the message, ready to be read, if this was its last part, else null
     */
    ByteBuffer take(int ofShare, ByteBuffer part, boolean last) throws ProtocolException {
        if (message == null) {
            message = buffers.take(MessageBuffers.MAX_BYTES);
            share = ofShare;
        } else if (share != ofShare) {
            throw new ProtocolException("The guest sent a part of a message of share "
                    + Integer.toUnsignedString(ofShare) + " among the parts of one of share " + share + ".");
        }
        if (part.remaining() > message.remaining()) {
            throw new ProtocolException("The guest sent a message of share " + share + " of more than "
                    + MessageBuffers.MAX_BYTES + " bytes.");
        }
        message.put(part);
        if (!last) {
            return null;
        }
        ByteBuffer whole = message.flip().order(ByteOrder.LITTLE_ENDIAN);
        message = null;
        return whole;
    }
}

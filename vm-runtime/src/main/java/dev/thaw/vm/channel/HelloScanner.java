// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.channel;

import java.nio.ByteBuffer;

/**
 * Finds the guest's hello in a stream that may begin with bytes of an earlier session. Not thread-safe.
 *
 * <p>Bytes before it are counted and thrown away, up to a limit: a guest that never says hello must not keep the host
 * busy for ever.
 */
public final class HelloScanner {
    static final long MAX_DISCARDED_BYTES = 16L << 20;

    private final long session;
    private final byte[] held = new byte[Hello.SIZE];
    private int count;
    private long discarded;

    /** Looks for the guest's hello of this session. */
    public HelloScanner(long session) {
        this.session = session;
    }

    /**
     * Takes bytes up to the end of the right hello, or all of them.
     *
     * @return whether the hello has been found
     */
    public boolean scan(ByteBuffer in) throws ProtocolException {
        while (in.hasRemaining()) {
            held[count++] = in.get();
            discardWhatCannotBegin();
            if (count == Hello.SIZE) {
                Hello hello = Hello.decode(held);
                if (isOurs(hello)) {
                    return true;
                }
                discardOne();
                discardWhatCannotBegin();
            }
        }
        return false;
    }

    private boolean isOurs(Hello hello) throws ProtocolException {
        if (hello.role() != Hello.GUEST) {
            return false;
        }
        if (hello.version() != Hello.CURRENT_VERSION) {
            throw new ProtocolException("The guest's agent speaks version " + hello.version()
                    + " of the channel, this host version " + Hello.CURRENT_VERSION + ".");
        }
        return hello.session() == session;
    }

    private void discardWhatCannotBegin() throws ProtocolException {
        while (count > 0 && !Hello.couldBegin(held, count)) {
            discardOne();
        }
    }

    private void discardOne() throws ProtocolException {
        System.arraycopy(held, 1, held, 0, --count);
        if (++discarded > MAX_DISCARDED_BYTES) {
            throw new ProtocolException("The guest sent " + discarded + " bytes and no hello of session "
                    + Long.toHexString(session) + ".");
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.port;

import dev.thaw.vm.channel.MuxStream;
import dev.thaw.vm.channel.ProtocolException;
import dev.thaw.vm.channel.StreamListener;
import dev.thaw.vm.guest.Guest;
import dev.thaw.vm.log.Printable;
import dev.thaw.vm.loop.EventLoop;
import dev.thaw.vm.loop.OutboundQueue;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One TCP connection between a client on the host and a port in the guest. Confined to the event loop's thread. What it
 * holds is bounded by the stream's window in either direction.
 */
final class ForwardedConnection implements StreamListener, EventLoop.Handler {
    private static final Logger LOG = LoggerFactory.getLogger(ForwardedConnection.class);
    private static final int ECONNRESET = 104;

    private final Guest guest;
    private final int guestPort;
    private final SocketChannel client;
    private final SelectionKey key;
    private final OutboundQueue toClient;
    /** Null until the guest may hear of the connection. */
    private MuxStream stream;
    /** What was received and is not yet written. */
    private long waiting;

    private boolean guestHasEnded;
    private boolean over;

    private ForwardedConnection(EventLoop loop, Guest guest, int guestPort, SocketChannel client) throws IOException {
        this.guest = guest;
        this.guestPort = guestPort;
        this.client = client;
        this.key = loop.register(client, 0, this);
        this.toClient = new OutboundQueue(client, key);
    }

    /** Takes the client over and connects to the guest's port; the client is reset if that fails. */
    static void open(EventLoop loop, Guest guest, int guestPort, SocketChannel client) throws IOException {
        ForwardedConnection connection = new ForwardedConnection(loop, guest, guestPort, client);
        guest.inOrder(connection::connect);
    }

    private void connect() {
        if (!key.isValid()) {
            return;
        }
        try {
            stream = guest.connect(guestPort, this);
        } catch (IOException e) {
            LOG.debug("A connection to the guest's port {} was refused.", guestPort, e);
            resetClient();
        }
    }

    @Override
    public void opened(ByteBuffer reply) throws ProtocolException {
        key.interestOpsOr(SelectionKey.OP_READ);
    }

    @Override
    public void ready(SelectionKey selected) throws IOException {
        if (key.isWritable()) {
            toClient.flush();
            grantWritten();
            afterWrite();
        }
        if (key.isValid() && key.isReadable()) {
            readClient();
        }
    }

    private void readClient() throws IOException {
        int credit = stream.credit();
        if (credit == 0) {
            key.interestOpsAnd(~SelectionKey.OP_READ);
            stream.wantCredit();
            return;
        }
        ByteBuffer frame = stream.allocate(credit);
        int count = client.read(frame);
        if (count < 0) {
            key.interestOpsAnd(~SelectionKey.OP_READ);
            stream.eof();
        } else if (count > 0 && !guest.inOrder(() -> send(frame))) {
            key.interestOpsAnd(~SelectionKey.OP_READ);
        }
    }

    /** Maybe later than it was read: then nothing more has been read since. */
    private void send(ByteBuffer frame) {
        if (key.isValid()) {
            stream.sendAllocated(frame);
            key.interestOpsOr(SelectionKey.OP_READ);
        }
    }

    @Override
    public void writable() {
        if (key.isValid()) {
            key.interestOpsOr(SelectionKey.OP_READ);
        }
    }

    @Override
    public void data(int flag, ByteBuffer data) {
        waiting += data.remaining();
        try {
            toClient.writeCopy(data);
            grantWritten();
        } catch (IOException e) {
            LOG.debug("The client of the guest's port {} has gone.", guestPort, e);
            stream.reset(ECONNRESET, "the client has gone");
            resetClient();
        }
    }

    /** The guest may send as much more as the client has taken. */
    private void grantWritten() {
        stream.consumed((int) (waiting - toClient.size()));
        waiting = toClient.size();
    }

    @Override
    public void eof(int flag) {
        guestHasEnded = true;
        afterWrite();
    }

    @Override
    public void end(ByteBuffer result) {
        over = true;
        afterWrite();
    }

    /** Passes on the guest's end of file, or of the stream, once everything before it has been written. */
    private void afterWrite() {
        if (!toClient.isEmpty() || !client.isOpen()) {
            return;
        }
        try {
            if (over) {
                client.close();
            } else if (guestHasEnded) {
                client.shutdownOutput();
            }
        } catch (IOException e) {
            LOG.debug("The client of the guest's port {} has gone.", guestPort, e);
            stream.reset(ECONNRESET, "the client has gone");
            resetClient();
        }
    }

    @Override
    public void reset(int errno, String message) {
        LOG.debug("The guest ended a connection to its port {}: {}.", guestPort, Printable.of(message));
        resetClient();
    }

    @Override
    public void failed(Throwable cause) {
        resetClient();
    }

    /** The client or the loop has gone; the loop has closed the socket. */
    @Override
    public void closed(Throwable cause) {
        if (stream != null) {
            stream.reset(ECONNRESET, "the client has gone");
        }
    }

    /** A client must see that its connection broke, not a proper end. */
    private void resetClient() {
        try {
            if (client.isOpen()) {
                client.setOption(StandardSocketOptions.SO_LINGER, 0);
                client.close();
            }
        } catch (IOException e) {
            LOG.debug("Closing a connection to the guest's port {} failed.", guestPort, e);
        }
    }
}

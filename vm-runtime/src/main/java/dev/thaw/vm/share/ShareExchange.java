// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.share;

import dev.thaw.devices.FuseExchange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A request that came over the port, and its way back. Gives its buffers back when it ends. Thread-safe as far as exchanges are. */
final class ShareExchange implements FuseExchange {
    private static final Logger LOG = LoggerFactory.getLogger(ShareExchange.class);

    private final SharePort port;
    private final int share;
    private final ByteBuffer request;
    private final List<ByteBuffer> borrowed = new ArrayList<>(2);

    ShareExchange(SharePort port, int share, ByteBuffer request) {
        this.port = port;
        this.share = share;
        this.request = request.order(ByteOrder.LITTLE_ENDIAN);
        borrowed.add(request);
    }

    @Override
    public ByteBuffer request() {
        return request;
    }

    @Override
    public ByteBuffer allocate(int bytes) {
        if (bytes > MessageBuffers.MAX_BYTES) {
            throw new IllegalArgumentException("A reply of " + bytes + " bytes is longer than any message.");
        }
        ByteBuffer buffer = port.buffers().take(bytes);
        borrowed.add(buffer);
        return buffer.limit(bytes);
    }

    @Override
    public void reply(ByteBuffer... parts) {
        try {
            port.sender().message(share, parts);
        } catch (IOException e) {
            // The guest or its VM has gone, which the port's own thread tells.
            LOG.debug("A reply of share {} finds nobody.", share, e);
        }
        done();
    }

    @Override
    public void done() {
        borrowed.forEach(port.buffers()::giveBack);
    }
}

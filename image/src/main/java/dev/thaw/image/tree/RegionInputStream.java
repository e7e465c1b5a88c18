// SPDX-License-Identifier: Apache-2.0
package dev.thaw.image.tree;

import java.io.IOException;
import java.io.InputStream;

/**
 * A region as a stream, read once from its start. It does not own the channel. {@code available} is exact below 2 GiB:
 * GZIPInputStream asks it whether another member follows.
 */
public final class RegionInputStream extends InputStream {
    private final ByteRegion region;
    private long position;

    public RegionInputStream(ByteRegion region) {
        this.region = region;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int from, int count) throws IOException {
        long left = region.length() - position;
        if (count == 0) {
            return 0;
        }
        if (left == 0) {
            return -1;
        }
        int n = (int) Math.min(left, count);
        region.read(position, target, from, n);
        position += n;
        return n;
    }

    @Override
    public int available() {
        return (int) Math.min(Integer.MAX_VALUE, region.length() - position);
    }
}

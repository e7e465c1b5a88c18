// SPDX-License-Identifier: Apache-2.0
package dev.thaw.guest.agent;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The records of docs/guest-channel.md, "LOGS". */
record LogRecords(int source, long time, String text) {
    /** What a record of source 4 counts. */
    long lost() {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong();
    }

    static List<LogRecords> parse(byte[] stream) {
        ByteBuffer in = ByteBuffer.wrap(stream).order(ByteOrder.LITTLE_ENDIAN);
        List<LogRecords> records = new ArrayList<>();
        while (in.remaining() >= 16) {
            int source = in.getInt();
            int length = in.getInt();
            long time = in.getLong();
            byte[] bytes = new byte[Math.min(length, in.remaining())];
            in.get(bytes);
            records.add(new LogRecords(source, time, new String(bytes, StandardCharsets.ISO_8859_1)));
        }
        return records;
    }
}

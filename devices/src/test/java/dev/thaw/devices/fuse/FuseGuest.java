// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import dev.thaw.devices.FuseExchange;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A guest's kernel, as far as a server sees one: sends requests, takes answers, and checks what each answer has to be
 * like.
 */
final class FuseGuest {
    static final long ROOT = 1;
    private static final int ALL_FLAGS = -1;

    private final FuseServer server;
    private final AtomicLong nextUnique = new AtomicLong(2);
    private final List<String> wrongs = new CopyOnWriteArrayList<>();

    FuseGuest(FuseServer server) {
        this.server = server;
    }

    /** A guest whose connection has begun. */
    static FuseGuest begun(FuseServer server) {
        FuseGuest guest = new FuseGuest(server);
        guest.call(
                FuseOpcode.INIT, 0, Fields.of().i32(7, 37, 1 << 20, ALL_FLAGS).bytes());
        return guest;
    }

    /** What came back: null bodies for what has no answer. */
    record Answer(int errno, ByteBuffer body) {
        long i64(int at) {
            return body.getLong(at);
        }

        int i32(int at) {
            return body.getInt(at);
        }

        byte[] bytes() {
            byte[] bytes = new byte[body.remaining()];
            body.duplicate().get(bytes);
            return bytes;
        }
    }

    /** Answers that broke a rule of FUSE. */
    List<String> wrongs() {
        return wrongs;
    }

    Answer call(int opcode, long node, byte[] body) {
        return await(begin(opcode, node, body));
    }

    static Answer await(CompletableFuture<Answer> answer) {
        try {
            return answer.get(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("no answer", e);
        }
    }

    CompletableFuture<Answer> begin(int opcode, long node, byte[] body) {
        return begin(nextUnique.getAndAdd(2), opcode, node, body);
    }

    /** As a thread of this number. */
    Answer callAs(int pid, int opcode, long node, byte[] body) {
        return await(begin(nextUnique.getAndAdd(2), opcode, node, pid, body));
    }

    CompletableFuture<Answer> begin(long unique, int opcode, long node, byte[] body) {
        return begin(unique, opcode, node, 42, body);
    }

    private CompletableFuture<Answer> begin(long unique, int opcode, long node, int pid, byte[] body) {
        int length = FuseInHeader.SIZE + body.length;
        byte[] header = Fields.of()
                .i32(length, opcode)
                .i64(unique, node)
                .i32(1000, 1001, pid, 0)
                .bytes();
        return send(ByteBuffer.allocate(length).put(header).put(body).flip(), unique);
    }

    /** Sends any bytes; what comes back has to have this number. */
    CompletableFuture<Answer> send(ByteBuffer message, long unique) {
        Exchange exchange = new Exchange(message, unique);
        server.request(exchange);
        return exchange.answer;
    }

    private final class Exchange implements FuseExchange {
        private final ByteBuffer message;
        private final long unique;
        private final CompletableFuture<Answer> answer = new CompletableFuture<>();

        Exchange(ByteBuffer message, long unique) {
            this.message = message;
            this.unique = unique;
        }

        @Override
        public ByteBuffer request() {
            return message;
        }

        /** Old bytes, as of a transport that uses its buffers again. */
        @Override
        public ByteBuffer allocate(int bytes) {
            ByteBuffer room = ByteBuffer.allocate(bytes);
            java.util.Arrays.fill(room.array(), (byte) 0xa5);
            return room;
        }

        @Override
        public void reply(ByteBuffer... parts) {
            int length = 0;
            for (ByteBuffer part : parts) {
                length += part.remaining();
            }
            ByteBuffer all = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
            for (ByteBuffer part : parts) {
                all.put(part);
            }
            check(all.flip());
            int errno = -all.getInt(4);
            end(new Answer(errno, all.slice(16, length - 16).order(ByteOrder.LITTLE_ENDIAN)));
        }

        /** As fs/fuse/dev.c does before it looks at the rest. */
        private void check(ByteBuffer all) {
            boolean right = all.limit() >= 16
                    && all.getInt(0) == all.limit()
                    && all.getLong(8) == unique
                    && unique != 0
                    && all.getInt(4) <= 0
                    && all.getInt(4) > -512
                    && (all.getInt(4) == 0 || all.limit() == 16);
            if (!right) {
                wrongs.add("reply of " + all.limit() + " bytes, error " + all.getInt(4) + " to " + unique);
            }
        }

        @Override
        public void done() {
            end(new Answer(0, null));
        }

        private void end(Answer with) {
            if (!answer.complete(with)) {
                wrongs.add("second answer to " + unique);
            }
        }
    }

    // ---- what tests ask for often ----

    long lookup(long parent, String name) {
        Answer answer = call(FuseOpcode.LOOKUP, parent, Fields.of().text(name).bytes());
        return answer.errno() == 0 ? answer.i64(0) : -answer.errno();
    }

    /** Makes a file, and gives its node and an open handle. */
    long[] create(String name) {
        byte[] body = Fields.of()
                .i32(OpenFlags.READ_WRITE, 0100644, 022, 0)
                .text(name)
                .bytes();
        Answer answer = call(FuseOpcode.CREATE, ROOT, body);
        return new long[] {answer.i64(0), answer.i64(FuseEntryOut.SIZE)};
    }

    CompletableFuture<Answer> beginRead(long handle, long offset, int length) {
        byte[] body =
                Fields.of().i64(handle, offset).i32(length, 0).i64(0).i32(0, 0).bytes();
        return begin(FuseOpcode.READ, 2, body);
    }

    Answer write(long node, long handle, long offset, int flags, byte... data) {
        byte[] body = Fields.of()
                .i64(handle, offset)
                .i32(data.length, flags)
                .i64(0)
                .i32(0, 0)
                .raw(data)
                .bytes();
        return call(FuseOpcode.WRITE, node, body);
    }

    CompletableFuture<Answer> beginLock(int opcode, long handle, long owner, int type) {
        byte[] body = Fields.of()
                .i64(handle, owner, 0, Long.MAX_VALUE)
                .i32(type, 42, 0, 0)
                .bytes();
        return begin(opcode, 2, body);
    }
}

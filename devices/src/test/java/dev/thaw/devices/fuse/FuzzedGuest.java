// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices.fuse;

import static org.assertj.core.api.BDDAssertions.then;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * A guest that sends any bytes, and checks that each message has the one answer that is due. Small numbers stand for nodes and
 * handles that the server has told it, so that bytes by chance reach what is open.
 */
final class FuzzedGuest {
    private static final int SMALL = 64;
    /** What is asked for at one time; a share's limits are tested elsewhere. */
    private static final long MAX_LENGTH = 1 << 20;

    private static final int AS_IT_IS = FuseInHeader.SIZE - 1;
    private static final Set<Integer> HANDLE_FIRST = Set.of(
            FuseOpcode.READ,
            FuseOpcode.WRITE,
            FuseOpcode.RELEASE,
            FuseOpcode.FLUSH,
            FuseOpcode.FSYNC,
            FuseOpcode.FSYNCDIR,
            FuseOpcode.READDIR,
            FuseOpcode.READDIRPLUS,
            FuseOpcode.RELEASEDIR,
            FuseOpcode.FALLOCATE,
            FuseOpcode.LSEEK,
            FuseOpcode.GETLK,
            FuseOpcode.SETLK,
            FuseOpcode.SETLKW,
            FuseOpcode.COPY_FILE_RANGE);
    private static final Set<Integer> NODE_FIRST = Set.of(FuseOpcode.LINK, FuseOpcode.RENAME, FuseOpcode.RENAME2);
    private static final Set<Integer> HANDLE_SECOND = Set.of(FuseOpcode.GETATTR, FuseOpcode.SETATTR);
    private static final Set<Integer> GIVES_NODE = Set.of(
            FuseOpcode.LOOKUP,
            FuseOpcode.MKNOD,
            FuseOpcode.MKDIR,
            FuseOpcode.SYMLINK,
            FuseOpcode.LINK,
            FuseOpcode.CREATE);

    private final FuseServer server;
    private final FuseGuest guest;
    private final List<Long> nodes = new ArrayList<>(List.of(FuseGuest.ROOT));
    private final List<Long> handles = new ArrayList<>();
    private final List<Sent> sent = new ArrayList<>();
    private long number = 1000;

    /** A message, and whether it has to be answered; null if that can't be told. */
    private record Sent(int opcode, Boolean answered, CompletableFuture<FuseGuest.Answer> answer) {}

    FuzzedGuest(FuseServer server) {
        this.server = server;
        this.guest = FuseGuest.begun(server);
    }

    /** Sends frames of two bytes of length and a message, of which the header's length and number are put right in most cases. */
    void feed(byte[] data) {
        ByteBuffer input = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
        while (input.remaining() > 2) {
            int length = Math.min(Short.toUnsignedInt(input.getShort()), input.remaining());
            byte[] message = new byte[length];
            input.get(message);
            send(ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN));
            number += 2;
        }
    }

    private void send(ByteBuffer message) {
        if (message.capacity() < FuseInHeader.SIZE || message.get(AS_IT_IS) == 1) {
            int opcode = message.capacity() < FuseInHeader.UNIQUE ? 0 : message.getInt(FuseInHeader.OPCODE);
            sent.add(new Sent(opcode, null, guest.send(message, FuseInHeader.uniqueOf(message))));
            return;
        }
        int opcode = Math.floorMod(message.getInt(FuseInHeader.OPCODE), LikelyRequests.OPCODES);
        message.putInt(FuseInHeader.LENGTH, message.capacity()).putLong(FuseInHeader.UNIQUE, number);
        message.putInt(FuseInHeader.OPCODE, opcode);
        meanWhatIsKnown(opcode, message);
        CompletableFuture<FuseGuest.Answer> answer = guest.send(message, number);
        sent.add(new Sent(opcode, FuseOpcode.isAnswered(opcode), answer));
        if (answer.isDone()) {
            learn(opcode, answer.join());
        }
    }

    private void meanWhatIsKnown(int opcode, ByteBuffer message) {
        known(message, FuseInHeader.NODE, nodes);
        int body = FuseInHeader.SIZE;
        if (HANDLE_FIRST.contains(opcode)) {
            known(message, body, handles);
        } else if (HANDLE_SECOND.contains(opcode)) {
            known(message, body + 8, handles);
        } else if (NODE_FIRST.contains(opcode)) {
            known(message, body, nodes);
        }
        if (opcode == FuseOpcode.COPY_FILE_RANGE) {
            known(message, body + 16, nodes);
            known(message, body + 24, handles);
            shorten(message, body + 40);
        } else if (opcode == FuseOpcode.FALLOCATE) {
            shorten(message, body + 8);
            shorten(message, body + 16);
        }
    }

    private static void known(ByteBuffer message, int at, List<Long> all) {
        if (at + Long.BYTES <= message.capacity() && !all.isEmpty()) {
            long value = message.getLong(at);
            if (value >= 0 && value < SMALL) {
                message.putLong(at, all.get((int) value % all.size()));
            }
        }
    }

    /** The host's disk is not to be filled. */
    private static void shorten(ByteBuffer message, int at) {
        if (at + Long.BYTES <= message.capacity() && message.getLong(at) > MAX_LENGTH) {
            message.putLong(at, message.getLong(at) % MAX_LENGTH);
        }
    }

    private void learn(int opcode, FuseGuest.Answer answer) {
        if (answer.body() == null || answer.errno() != 0) {
            return;
        }
        if (GIVES_NODE.contains(opcode) && answer.i64(0) != 0) {
            add(nodes, answer.i64(0));
        }
        if (opcode == FuseOpcode.OPEN || opcode == FuseOpcode.OPENDIR || opcode == FuseOpcode.CREATE) {
            long handle = answer.i64(opcode == FuseOpcode.CREATE ? FuseEntryOut.SIZE : 0);
            then(handle).as("handle of opcode %d", opcode).isNotZero();
            add(handles, handle);
        }
    }

    private static void add(List<Long> all, long one) {
        if (all.size() >= SMALL / 2) {
            all.remove(1);
        }
        all.add(one);
    }

    /** Whether the server still does what it is asked for. A guest that says DESTROY has ended it itself. */
    void thenServerServes() {
        boolean ended = sent.stream().anyMatch(one -> one.opcode() == FuseOpcode.DESTROY);
        byte[] body = Fields.of().i32(0, 0).i64(0).bytes();
        int errno = guest.call(FuseOpcode.GETATTR, FuseGuest.ROOT, body).errno();
        if (!ended) {
            then(errno).isZero();
        }
    }

    /** Ends the server, after which all that is due has come, and nothing else. */
    void close() throws IOException {
        server.close();
        then(sent).allSatisfy(one -> {
            then(one.answer()).isCompleted();
            if (one.answered() != null) {
                boolean answered = one.answer().join().body() != null;
                then(answered).as("opcode %d is answered", one.opcode()).isEqualTo(one.answered());
            }
        });
        then(guest.wrongs()).isEmpty();
        then(server.counters().inFlight()).isZero();
    }

    /** Fails if some answer had that text. */
    void thenNobodyTold(String secret) {
        then(sent).noneMatch(one -> {
            FuseGuest.Answer answer = one.answer().join();
            return answer.body() != null
                    && answer.body().remaining() >= secret.length()
                    && new String(answer.bytes(), StandardCharsets.ISO_8859_1).contains(secret);
        });
    }
}

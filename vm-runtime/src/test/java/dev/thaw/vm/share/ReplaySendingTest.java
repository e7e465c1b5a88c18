// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.share;

import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.devices.FolderReplay;
import dev.thaw.devices.FolderReplay.Operation;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplaySendingTest {
    private static final int SHARE = 1, HEADER = 12;

    @TempDir
    Path folder;

    private final Deque<String> replays = new ArrayDeque<>();
    private final List<Integer> ended = new ArrayList<>();
    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private SocketChannel host;
    private SocketChannel guest;
    private ShareSender sender;
    private Confirmations confirmations;
    private Notifications notifications;

    @BeforeEach
    void open() throws IOException {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(folder.resolve("socket"));
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(address);
            host = SocketChannel.open(address);
            guest = server.accept();
        }
        guest.configureBlocking(false);
        sender = new ShareSender(host);
        confirmations = new Confirmations(sender, SHARE);
        notifications = new Notifications(confirmations, tasks::add, (notification, errno) -> List.of());
        notifications.replay(new ReplaySource() {
            @Override
            public Optional<ByteBuffer> begin() {
                return Optional.ofNullable(replays.poll()).map(ReplaySendingTest::bytes);
            }

            @Override
            public void ended(int errno) {
                ended.add(errno);
                if (!replays.isEmpty()) {
                    notifications.replaysWait();
                }
            }
        });
    }

    @AfterEach
    void close() throws IOException {
        host.close();
        sender.close();
        guest.close();
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private void happens(String change) {
        notifications.add(bytes("told " + change));
        replays.add("replay " + change);
        notifications.replaysWait();
    }

    /** Has what is to be sent sent, and gives what came. */
    private List<String> sent() throws IOException {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
        ByteBuffer all = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
        guest.read(all);
        all.flip();
        List<String> texts = new ArrayList<>();
        while (all.hasRemaining()) {
            int length = all.getInt(all.position());
            byte[] payload = new byte[length];
            all.position(all.position() + HEADER).get(payload);
            int number = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).getInt();
            texts.add(number + " " + new String(payload, 4, length - 4, StandardCharsets.UTF_8));
        }
        return texts;
    }

    @Test
    void a_replay_comes_after_its_notification_and_alone() throws IOException {
        // GIVEN
        happens("one");
        happens("two");
        // THEN
        then(sent()).containsExactly("1 told one", "2 told two", "3 replay one");
        // WHEN what comes meanwhile overtakes
        happens("three");
        then(sent()).containsExactly("4 told three");
        confirmations.done(3, 0);
        then(sent()).containsExactly("5 replay two");
        confirmations.done(5, 2);
        then(sent()).containsExactly("6 replay three");
        // THEN
        then(ended).containsExactly(0, 2);
        confirmations.done(6, 0);
        then(sent()).isEmpty();
    }

    @Test
    void nobody_waits_for_a_replay() throws IOException {
        // GIVEN
        happens("one");
        then(sent()).hasSize(2);
        then(notifications.isIdle()).isFalse();
        // WHEN
        confirmations.done(1, 0);
        // THEN
        then(notifications.isIdle()).isTrue();
        then(notifications.whenTold()).isCompleted();
    }

    @Test
    void a_replay_that_nobody_does_has_ended() throws IOException {
        // GIVEN
        happens("one");
        then(sent()).hasSize(2);
        // WHEN
        confirmations.fail(new IOException("gone"));
        // THEN
        then(ended).containsExactly(ReplaySource.NOBODY);
    }

    @Test
    void replays_look_as_the_relay_expects_them() {
        then(encoded(Operation.CREATE, null)).containsExactly(1, 3, 0, 0, 0, 'a', '/', 'b', 0, 0x80, 0, 0);
        then(encoded(Operation.MODIFY, null)).containsExactly(2, 3, 0, 0, 0, 'a', '/', 'b');
        then(encoded(Operation.ATTRIBUTES, null)).containsExactly(3, 3, 0, 0, 0, 'a', '/', 'b', 0, 0, 0, 0);
        then(encoded(Operation.DELETE, null)).containsExactly(4, 3, 0, 0, 0, 'a', '/', 'b', 0);
        then(encoded(Operation.RENAME, "c")).containsExactly(5, 3, 0, 0, 0, 'a', '/', 'b', 1, 0, 0, 0, 'c');
    }

    private static byte[] encoded(Operation operation, String newPath) {
        Optional<ByteBuffer> target = Optional.ofNullable(newPath).map(ReplaySendingTest::bytes);
        return FolderReplays.encode(new FolderReplay(operation, bytes("a/b"), target, 0100000, false));
    }
}

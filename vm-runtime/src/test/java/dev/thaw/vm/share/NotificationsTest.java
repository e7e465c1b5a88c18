// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.share;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.BDDAssertions.then;

import dev.thaw.vm.testing.UnixPair;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With the test at the relay's end, and as the thread that sends. */
class NotificationsTest {
    private static final int NUMBER_AT = 12;

    private final Deque<Runnable> toDo = new ArrayDeque<>();
    private UnixPair sockets;
    private ShareSender sender;
    private Confirmations confirmations;
    private Notifications notifications;

    @BeforeEach
    void open(@TempDir Path folder) throws IOException {
        sockets = UnixPair.in(folder);
        sender = new ShareSender(sockets.near());
        confirmations = new Confirmations(sender, 1);
        notifications = new Notifications(confirmations, toDo::add, (notification, errno) -> List.of());
    }

    @AfterEach
    void close() throws IOException {
        sender.close();
        sockets.close();
    }

    private void tell(String what) {
        notifications.add(ByteBuffer.wrap(what.getBytes(US_ASCII)));
    }

    private void send() {
        while (!toDo.isEmpty()) {
            toDo.remove().run();
        }
    }

    /** What the next frame tells; its number is kept for the confirmation. */
    private String next() throws IOException {
        ByteBuffer header = read(NUMBER_AT + Integer.BYTES);
        return new String(read(header.getInt(0) - Integer.BYTES).array(), US_ASCII);
    }

    private ByteBuffer read(int count) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            then(sockets.far().read(bytes)).isPositive();
        }
        return bytes.flip();
    }

    @Test
    void who_waits_waits_for_what_was_to_be_told_before_and_for_nothing_after_it() throws IOException {
        // GIVEN
        tell("one");
        CompletableFuture<Void> told = notifications.whenTold();
        tell("two");
        send();
        // WHEN
        then(next()).isEqualTo("one");
        confirmations.done(1, 0);
        tell("three");
        // THEN
        then(told).isCompleted();
        then(notifications.isIdle()).isFalse();
        then(notifications.whenTold()).isNotCompleted();
    }

    @Test
    void what_waits_to_be_told_is_told_once() throws IOException {
        // GIVEN
        tell("one");
        tell("two");
        tell("one");
        // WHEN
        send();
        tell("one");
        send();
        // THEN what had been sent is told again
        then(next()).isEqualTo("one");
        then(next()).isEqualTo("two");
        then(next()).isEqualTo("one");
        confirmations.done(1, 0);
        confirmations.done(2, 0);
        then(notifications.isIdle()).isFalse();
        confirmations.done(3, 0);
        then(notifications.isIdle()).isTrue();
    }

    @Test
    void once_nobody_is_left_to_tell_nobody_waits() {
        // GIVEN a share that the guest has ended, and a change after that
        tell("one");
        CompletableFuture<Void> before = notifications.whenTold();
        confirmations.fail(new IOException("The share has ended in the guest."));
        // WHEN
        send();
        tell("two");
        // THEN
        then(before).isCompleted();
        then(notifications.isIdle()).isTrue();
        then(notifications.whenTold()).isCompleted();
    }
}

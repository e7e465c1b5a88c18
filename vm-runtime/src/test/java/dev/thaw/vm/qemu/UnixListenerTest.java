// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.thaw.vm.lifecycle.Await;
import dev.thaw.vm.lifecycle.CloseStack;
import dev.thaw.vm.lifecycle.Deadline;
import dev.thaw.vm.loop.EventLoop;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnixListenerTest {
    @TempDir
    private Path folder;

    private EventLoop loop;

    @BeforeEach
    void start() throws IOException {
        loop = EventLoop.start("thaw-unix-test");
    }

    @AfterEach
    void close() {
        loop.close();
    }

    private Path pathOf(int bytes) {
        return folder.resolve("x".repeat(bytes - folder.toString().length() - 1));
    }

    @Test
    void a_path_as_long_as_the_system_allows_is_listened_on() throws IOException {
        Path longest = pathOf(UnixListener.MAX_PATH_BYTES);
        try (UnixListener listener = UnixListener.bind(loop, longest);
                SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(longest))) {
            then(client.isConnected()).isTrue();
            then(Await.get(listener.accepted(), Deadline.in(Duration.ofSeconds(20)), "the connection"))
                    .isNotNull();
        }
    }

    @Test
    void a_path_that_is_too_long_is_told_with_its_length_and_what_makes_it_shorter() throws IOException {
        // GIVEN a run folder in a deep folder for temporary files
        Path runFolder = Files.createDirectory(pathOf(UnixListener.MAX_PATH_BYTES - 2));
        int bytes = UnixListener.MAX_PATH_BYTES - 2 + "/qmp.sock".length();
        // WHEN THEN
        try (CloseStack undo = new CloseStack()) {
            thenThrownBy(() -> QemuSockets.listen(runFolder, loop, undo))
                    .isInstanceOf(IOException.class)
                    .hasMessage("Can't listen on " + runFolder
                            + "/qmp.sock: the path of a unix socket has at most "
                            + UnixListener.MAX_PATH_BYTES + " bytes, and this one has " + bytes
                            + ". Give the JVM a shorter folder for temporary files with -Djava.io.tmpdir (it is "
                            + System.getProperty("java.io.tmpdir") + "), or the VM a shorter name.");
        }
        then(runFolder).isEmptyDirectory();
    }
}

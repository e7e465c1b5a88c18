// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.qemu;

import dev.thaw.vm.lifecycle.CloseStack;
import dev.thaw.vm.loop.EventLoop;
import java.io.IOException;
import java.nio.file.Path;

/** The sockets on which a machine's parent waits for its child. */
record QemuSockets(UnixListener qmp, UnixListener channel, UnixListener shares, UnixListener console) {

    /** Listens in the folder, which only the owner can enter; the stack closes what is opened. */
    static QemuSockets listen(Path folder, EventLoop loop, CloseStack undo) throws IOException {
        return new QemuSockets(
                undo.push(UnixListener.bind(loop, folder.resolve("qmp.sock"))),
                undo.push(UnixListener.bind(loop, folder.resolve("channel.sock"))),
                undo.push(UnixListener.bind(loop, folder.resolve("shares.sock"))),
                undo.push(UnixListener.bind(loop, folder.resolve("console.sock"))));
    }
}

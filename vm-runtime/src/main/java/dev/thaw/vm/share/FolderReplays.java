// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.share;

import dev.thaw.devices.FolderReplay;
import dev.thaw.devices.SharedFolder;
import dev.thaw.vm.channel.WireWriter;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Replays of a folder, as the relay takes them. Source: docs/shared-folders.md, "Replays". Immutable. */
record FolderReplays(SharedFolder folder) implements ReplaySource {
    private static final int CREATE = 1, MODIFY = 2, ATTRIBUTES = 3, DELETE = 4, RENAME = 5;

    @Override
    public Optional<ByteBuffer> begin() {
        return folder.beginReplay().map(replay -> ByteBuffer.wrap(encode(replay)));
    }

    @Override
    public void ended(int errno) {
        folder.endReplay(errno);
    }

    static byte[] encode(FolderReplay replay) {
        WireWriter out = new WireWriter();
        switch (replay.operation()) {
            case CREATE -> bytes(out.u8(CREATE), replay.path()).u32(replay.mode());
            case MODIFY -> bytes(out.u8(MODIFY), replay.path());
            // The mode that the guest sees is the host's, whatever it asks for.
            case ATTRIBUTES -> bytes(out.u8(ATTRIBUTES), replay.path()).u32(0);
            case DELETE -> bytes(out.u8(DELETE), replay.path()).u8(replay.ofFolder() ? 1 : 0);
            case RENAME ->
                bytes(bytes(out.u8(RENAME), replay.path()), replay.newPath().orElseThrow());
        }
        return out.toBytes();
    }

    private static WireWriter bytes(WireWriter out, ByteBuffer bytes) {
        byte[] all = new byte[bytes.remaining()];
        bytes.get(all);
        return out.u32(all.length).raw(all);
    }
}

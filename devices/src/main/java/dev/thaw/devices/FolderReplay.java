// SPDX-License-Identifier: Apache-2.0
package dev.thaw.devices;

import dev.thaw.devices.replay.Replay;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A change of the host that a guest is to replay. Immutable.
 *
 * @param path of what it happened to, relative to the shared folder, as bytes in no encoding
 * @param newPath where a rename led; empty for all others
 * @param mode the kind of what was made, as in {@code st_mode}, without permissions
 */
public record FolderReplay(
        Operation operation, ByteBuffer path, Optional<ByteBuffer> newPath, int mode, boolean ofFolder) {
    /** What is to be replayed. */
    public enum Operation {
        CREATE,
        MODIFY,
        ATTRIBUTES,
        DELETE,
        RENAME
    }

    public FolderReplay {
        path = path.asReadOnlyBuffer();
        newPath = newPath.map(ByteBuffer::asReadOnlyBuffer);
    }

    /** Ready to be read, each time anew. */
    @Override
    public ByteBuffer path() {
        return path.duplicate();
    }

    @Override
    public Optional<ByteBuffer> newPath() {
        return newPath.map(ByteBuffer::duplicate);
    }

    static FolderReplay of(Replay replay) {
        Operation operation = switch (replay.kind()) {
            case CREATE -> Operation.CREATE;
            case MODIFY -> Operation.MODIFY;
            case ATTRIBUTES -> Operation.ATTRIBUTES;
            case DELETE -> Operation.DELETE;
            case RENAME -> Operation.RENAME;
        };
        return new FolderReplay(
                operation,
                ByteBuffer.wrap(replay.spot().path()),
                Optional.ofNullable(replay.target()).map(target -> ByteBuffer.wrap(target.path())),
                replay.file().bits(),
                replay.isOfFolder());
    }
}

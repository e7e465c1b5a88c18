// SPDX-License-Identifier: Apache-2.0
package dev.thaw.vm.channel;

/** Types of frames. Source: docs/guest-channel.md, Frames. */
enum FrameType {
    OPEN(1),
    OPENED(2),
    DATA(3),
    WINDOW(4),
    EOF(5),
    END(6),
    RESET(7),
    SIGNAL(8);

    private final int code;

    FrameType(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    /** Whether its frames tell standard output and error apart. */
    boolean hasFlag() {
        return this == DATA || this == EOF;
    }

    /** The type that a guest may send under this code. */
    static FrameType fromGuest(int code) throws ProtocolException {
        return switch (code) {
            case 2 -> OPENED;
            case 3 -> DATA;
            case 4 -> WINDOW;
            case 5 -> EOF;
            case 6 -> END;
            case 7 -> RESET;
            default -> throw new ProtocolException("The guest sent a frame of type " + code + ", which it may not.");
        };
    }
}

// SPDX-License-Identifier: Apache-2.0
// Hello and frame header of docs/guest-channel.md ("Sessions", "Frames"): constants and layout, nothing that acts.
#ifndef THAW_FRAMES_H
#define THAW_FRAMES_H

#include <stdint.h>

#define HELLO_SIZE 32
#define HELLO_MAGIC "\x89THAW-CHANNEL\r\n\x1a"
#define HELLO_MAGIC_SIZE 16
#define HELLO_VERSION_AT 16
#define HELLO_ROLE_AT 18
#define HELLO_RESERVED_AT 20
#define HELLO_SESSION_AT 24
#define CHANNEL_VERSION 1
#define ROLE_HOST 1
#define ROLE_GUEST 2
_Static_assert(sizeof(HELLO_MAGIC) - 1 == HELLO_MAGIC_SIZE, "the magic has 16 bytes");

#define FRAME_HEADER_SIZE 12
#define FRAME_LENGTH_AT 0
#define FRAME_STREAM_AT 4
#define FRAME_TYPE_AT 8
#define FRAME_FLAG_AT 9
#define FRAME_RESERVED_AT 10
#define FRAME_PAYLOAD_MAX 65536u

#define STREAMS_MAX 1024u
#define CREDIT_MAX 131072u
#define RESET_MESSAGE_MAX 4096u

enum frame_type {
    FRAME_OPEN = 1,
    FRAME_OPENED = 2,
    FRAME_DATA = 3,
    FRAME_WINDOW = 4,
    FRAME_EOF = 5,
    FRAME_END = 6,
    FRAME_RESET = 7,
    FRAME_SIGNAL = 8,
};

enum data_flag { DATA_MAIN = 0, DATA_ERROR = 1 };

struct frame {
    uint32_t length, stream;
    uint8_t type, flag;
    const uint8_t *payload;
};

struct hello {
    uint16_t version, role;
    uint64_t session;
};

#endif

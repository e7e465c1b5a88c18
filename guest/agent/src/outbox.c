// SPDX-License-Identifier: Apache-2.0
#include "outbox.h"

#include "report.h"
#include "wire.h"

#include <string.h>

void outbox_clear(struct outbox *out) {
    out->start = 0;
    out->end = 0;
}

size_t outbox_used(const struct outbox *out) {
    return out->end - out->start;
}

bool outbox_takes_data(const struct outbox *out) {
    return outbox_used(out) < OUTBOX_DATA_MARK;
}

bool outbox_takes_requests(const struct outbox *out) {
    return outbox_used(out) < OUTBOX_REQUEST_MARK;
}

// Contiguous room at the end. Running out would mean that the reckoning at OUTBOX_SIZE is wrong.
static uint8_t *room(struct outbox *out, size_t length) {
    if (out->start == out->end) {
        outbox_clear(out);
    }
    if (OUTBOX_SIZE - out->end < length) {
        size_t used = outbox_used(out);
        if (OUTBOX_SIZE - used < length) {
            fatal("the outbox is full: %zu bytes wait, %zu more", used, length);
        }
        memmove(out->bytes, out->bytes + out->start, used);
        out->start = 0;
        out->end = used;
    }
    return out->bytes + out->end;
}

static void put_header(uint8_t *at, uint8_t type, uint8_t flag, uint32_t stream, uint32_t length) {
    put_u32(at + FRAME_LENGTH_AT, length);
    put_u32(at + FRAME_STREAM_AT, stream);
    at[FRAME_TYPE_AT] = type;
    at[FRAME_FLAG_AT] = flag;
    put_u16(at + FRAME_RESERVED_AT, 0);
}

void outbox_bytes(struct outbox *out, const uint8_t *bytes, size_t length) {
    memcpy(room(out, length), bytes, length);
    out->end += length;
}

void outbox_frame(struct outbox *out, uint8_t type, uint8_t flag, uint32_t stream, const uint8_t *payload,
                  uint32_t length) {
    uint8_t *at = room(out, FRAME_HEADER_SIZE + (size_t) length);
    put_header(at, type, flag, stream, length);
    if (length > 0) {
        memcpy(at + FRAME_HEADER_SIZE, payload, length);
    }
    out->end += FRAME_HEADER_SIZE + (size_t) length;
}

uint8_t *outbox_data(struct outbox *out) {
    return room(out, FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX) + FRAME_HEADER_SIZE;
}

void outbox_commit_data(struct outbox *out, uint8_t flag, uint32_t stream, uint32_t length) {
    put_header(out->bytes + out->end, FRAME_DATA, flag, stream, length);
    out->end += FRAME_HEADER_SIZE + (size_t) length;
}

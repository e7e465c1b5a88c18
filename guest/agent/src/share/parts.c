// SPDX-License-Identifier: Apache-2.0
// Messages that are longer than a frame, in both directions: one at a time each.
#include "share/relay.h"

#include "wire.h"

#include <stddef.h>
#include <string.h>

// ---- to the host ----

static void begin(struct relay *relay) {
    uint8_t *spare = relay->sending.bytes;
    relay->sending = relay->next;
    relay->sending.sent = 0;
    relay->next = (struct large) {.bytes = spare};
    task_queue(&relay->loop.senders, &relay->parts);
}

void relay_send_request(struct share *share, size_t length) {
    struct relay *relay = share->relay;
    struct large *next = &relay->next;
    if (length <= FRAME_PAYLOAD_MAX) {
        outbox_frame(&relay->out, PORT_MESSAGE, 0, share->id, next->bytes, (uint32_t) length);
        return;
    }
    next->length = length;
    next->stream = share->id;
    if (relay->sending.stream == 0) {
        begin(relay);
    }
}

void parts_send(struct task *task) {
    struct relay *relay = (struct relay *) ((char *) task - offsetof(struct relay, parts));
    struct large *large = &relay->sending;
    if (large->stream == 0) {
        return;
    }
    size_t left = large->length - large->sent;
    uint32_t part = left < FRAME_PAYLOAD_MAX ? (uint32_t) left : FRAME_PAYLOAD_MAX;
    outbox_frame(&relay->out, PORT_PART, part == left ? PART_LAST : 0, large->stream, large->bytes + large->sent, part);
    large->sent += part;
    if (part < left) {
        task_queue(&relay->loop.senders, task);
        return;
    }
    struct share *share = &relay->shares[large->stream - 1];
    large->stream = 0;
    if (relay->next.stream != 0) {
        begin(relay);
        relay_wake_readers(relay);
    }
    share_finish(share);
    relay_settled(relay);
}

// ---- from the host ----

static bool part_is_here(struct relay *relay) {
    struct large *large = &relay->arriving;
    if (!relay->part_last) {
        return true;
    }
    struct share *share = &relay->shares[large->stream - 1];
    large->stream = 0;
    if (!port_is_reply(large->bytes, large->length)) {
        return inbox_bad(&relay->in, "what came in parts is no reply of its own length, which is", large->length);
    }
    share_reply(share, large->bytes, large->length);
    return true;
}

bool parts_take(struct relay *relay, const struct frame *f, size_t got) {
    struct large *large = &relay->arriving;
    if (large->stream == 0) {
        large->stream = f->stream;
        large->length = 0;
    }
    if (large->stream != f->stream) {
        return inbox_bad(&relay->in, "PART while a reply of another share is coming in parts, of share", f->stream);
    }
    if (f->length > MESSAGE_MAX - large->length) {
        return inbox_bad(&relay->in, "a reply in parts is longer than 1052672 bytes, at least", large->length + f->length);
    }
    memcpy(large->bytes + large->length, f->payload, got);
    large->length += got;
    relay->part_left = f->length - got;
    relay->part_last = f->flag == PART_LAST;
    return relay->part_left > 0 || part_is_here(relay);
}

uint8_t *parts_space(struct relay *relay, size_t *room) {
    *room = relay->part_left;
    return relay->arriving.bytes + relay->arriving.length;
}

bool parts_added(struct relay *relay, size_t count) {
    relay->arriving.length += count;
    relay->part_left -= count;
    return relay->part_left > 0 || part_is_here(relay);
}

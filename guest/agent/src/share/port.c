// SPDX-License-Identifier: Apache-2.0
#include "share/port.h"

#include "wire.h"

bool port_is_reply(const uint8_t *message, size_t length) {
    return length >= FUSE_REPLY_MIN && get_u32(message + FUSE_LENGTH_AT) == length
        && get_u64(message + FUSE_REPLY_UNIQUE_AT) != 0;
}

static bool is_notification(const uint8_t *message, size_t length) {
    return get_u32(message + FUSE_LENGTH_AT) == length && get_u64(message + FUSE_REPLY_UNIQUE_AT) == 0;
}

static bool is_empty(struct inbox *in, const struct frame *f, const char *what) {
    return f->length == 0 || inbox_bad(in, what, f->length);
}

static bool of_right_length(struct inbox *in, const struct frame *f) {
    switch (f->type) {
    case PORT_ATTACH:
        return f->length >= 16 || inbox_bad(in, "ATTACH must have at least 16 bytes", f->length);
    case PORT_MESSAGE:
        return f->length >= FUSE_REPLY_MIN || inbox_bad(in, "MESSAGE must have at least 16 bytes", f->length);
    case PORT_PART:
        return f->length >= 1 || inbox_bad(in, "PART without bytes, length", f->length);
    case PORT_NOTIFY:
        return (f->length >= 4 + FUSE_REPLY_MIN && f->length <= JOB_LENGTH_MAX)
            || inbox_bad(in, "NOTIFY must have 20 to 16384 bytes", f->length);
    case PORT_REPLAY:
        return (f->length >= 5 && f->length <= JOB_LENGTH_MAX)
            || inbox_bad(in, "REPLAY must have 5 to 16384 bytes", f->length);
    case PORT_SYNC:
        return f->length == 4 || inbox_bad(in, "SYNC must have 4 bytes", f->length);
    case PORT_DETACH:
        return is_empty(in, f, "DETACH must have 0 bytes");
    case PORT_HOLD:
        return is_empty(in, f, "HOLD must have 0 bytes");
    case PORT_GO:
        return is_empty(in, f, "GO must have 0 bytes");
    default:
        return inbox_bad(in, "frame of a type that a host does not send", f->type);
    }
}

bool port_rule(struct inbox *in, const struct frame *f) {
    if (f->stream > SHARES_MAX) {
        return inbox_bad(in, "the number of a share is above 64", f->stream);
    }
    if (f->flag > (f->type == PORT_PART ? PART_LAST : 0)) {
        return inbox_bad(in, "flag that this frame does not have", f->flag);
    }
    if (!of_right_length(in, f)) {
        return false;
    }
    if (f->payload != NULL && f->type == PORT_MESSAGE && !port_is_reply(f->payload, f->length)) {
        return inbox_bad(in, "MESSAGE is no reply of its own length", get_u32(f->payload + FUSE_LENGTH_AT));
    }
    if (f->payload != NULL && f->type == PORT_NOTIFY && !is_notification(f->payload + 4, f->length - 4)) {
        return inbox_bad(in, "NOTIFY has no notification of its own length", get_u32(f->payload + 4 + FUSE_LENGTH_AT));
    }
    return true;
}

// SPDX-License-Identifier: Apache-2.0
#include "inbox.h"

#include "wire.h"

#include <stdio.h>
#include <string.h>

void inbox_init(struct inbox *in, inbox_rule *rule) {
    in->rule = rule;
    in->start = 0;
    in->end = 0;
    in->scanning = true;
    in->violation[0] = 0;
}

void inbox_scan(struct inbox *in) {
    in->scanning = true;
}

void inbox_cut(struct inbox *in) {
    in->scanning = false;
}

uint8_t *inbox_space(struct inbox *in, size_t *room) {
    if (in->start == in->end) {
        // Always the same few pages: after a restore each page touched for the first time costs a fault in the host.
        in->start = 0;
        in->end = 0;
    } else if (in->end > INBOX_SIZE / 2 && in->start > 0) {
        memmove(in->bytes, in->bytes + in->start, in->end - in->start);
        in->end -= in->start;
        in->start = 0;
    }
    *room = INBOX_SIZE - in->end;
    return in->bytes + in->end;
}

void inbox_added(struct inbox *in, size_t count) {
    in->end += count;
}

static enum inbox_event next_hello(struct inbox *in) {
    while (in->end - in->start > 0) {
        const uint8_t *at = in->bytes + in->start;
        size_t left = in->end - in->start;
        const uint8_t *first = memchr(at, HELLO_MAGIC[0], left);
        if (first == NULL) {
            in->start = in->end;
            break;
        }
        in->start += (size_t) (first - at);
        left = in->end - in->start;
        size_t known = left < HELLO_MAGIC_SIZE ? left : HELLO_MAGIC_SIZE;
        if (memcmp(first, HELLO_MAGIC, known) != 0) {
            in->start++;
            continue;
        }
        if (left < HELLO_SIZE) {
            break;
        }
        in->hello.version = get_u16(first + HELLO_VERSION_AT);
        in->hello.role = get_u16(first + HELLO_ROLE_AT);
        in->hello.session = get_u64(first + HELLO_SESSION_AT);
        if (in->hello.role != ROLE_HOST || in->hello.session == 0 || get_u32(first + HELLO_RESERVED_AT) != 0) {
            // Not a host's hello, so garbage; a real one may begin inside of it.
            in->start++;
            continue;
        }
        in->start += HELLO_SIZE;
        return INBOX_HELLO;
    }
    return INBOX_MORE;
}

bool inbox_bad(struct inbox *in, const char *what, unsigned long got) {
    int n = snprintf(in->violation, sizeof in->violation, "%s, got %lu", what, got);
    if (n < 0) {
        in->violation[0] = 0;
    }
    return false;
}

bool channel_rule(struct inbox *in, const struct frame *f) {
    if (f->flag != 0) {
        return inbox_bad(in, "flag of a host's frame is not 0", f->flag);
    }
    switch (f->type) {
    case FRAME_OPEN:
        return f->length >= 1 || inbox_bad(in, "OPEN without a kind, length", f->length);
    case FRAME_DATA:
        return f->length >= 1 || inbox_bad(in, "DATA without bytes, length", f->length);
    case FRAME_WINDOW:
        return f->length == 4 || inbox_bad(in, "WINDOW must have 4 bytes", f->length);
    case FRAME_EOF:
        return f->length == 0 || inbox_bad(in, "EOF must have 0 bytes", f->length);
    case FRAME_RESET:
        if (f->length < 8 || f->length > 8 + RESET_MESSAGE_MAX) {
            return inbox_bad(in, "RESET must have 8 to 4104 bytes", f->length);
        }
        return f->payload == NULL || get_u32(f->payload + 4) == f->length - 8
            || inbox_bad(in, "RESET's message does not fill the frame, its length", get_u32(f->payload + 4));
    case FRAME_SIGNAL:
        return f->length == 4 || inbox_bad(in, "SIGNAL must have 4 bytes", f->length);
    default:
        return inbox_bad(in, "frame of a type that a host does not send", f->type);
    }
}

// What no frame may have; the rest is the rule's.
static bool header_allowed(struct inbox *in, const struct frame *f, uint16_t reserved) {
    if (f->length > FRAME_PAYLOAD_MAX) {
        return inbox_bad(in, "frame payload is longer than 65536 bytes", f->length);
    }
    if (f->stream == 0) {
        return inbox_bad(in, "frame for stream 0 of type", f->type);
    }
    if (reserved != 0) {
        return inbox_bad(in, "reserved field of a frame header is not 0", reserved);
    }
    return in->rule(in, f);
}

static struct frame header_of(const uint8_t *at) {
    return (struct frame) {
        .length = get_u32(at + FRAME_LENGTH_AT),
        .stream = get_u32(at + FRAME_STREAM_AT),
        .type = at[FRAME_TYPE_AT],
        .flag = at[FRAME_FLAG_AT],
    };
}

static enum inbox_event next_frame(struct inbox *in) {
    size_t left = in->end - in->start;
    if (left < FRAME_HEADER_SIZE) {
        return INBOX_MORE;
    }
    const uint8_t *at = in->bytes + in->start;
    struct frame f = header_of(at);
    if (!header_allowed(in, &f, get_u16(at + FRAME_RESERVED_AT))) {
        return INBOX_BAD;
    }
    if (left < FRAME_HEADER_SIZE + f.length) {
        return INBOX_MORE;
    }
    f.payload = at + FRAME_HEADER_SIZE;
    if (!in->rule(in, &f)) {
        return INBOX_BAD;
    }
    in->frame = f;
    in->start += FRAME_HEADER_SIZE + f.length;
    return INBOX_FRAME;
}

enum inbox_event inbox_next(struct inbox *in) {
    return in->scanning ? next_hello(in) : next_frame(in);
}

bool inbox_take_beginning(struct inbox *in, uint8_t type, struct frame *f, size_t *got) {
    size_t left = in->end - in->start;
    const uint8_t *at = in->bytes + in->start;
    if (in->scanning || left < FRAME_HEADER_SIZE || at[FRAME_TYPE_AT] != type) {
        return false;
    }
    *f = header_of(at);
    f->payload = at + FRAME_HEADER_SIZE;
    *got = left - FRAME_HEADER_SIZE;
    in->start = in->end;
    return true;
}

bool inbox_at_hello(const struct inbox *in) {
    size_t left = in->end - in->start;
    return left >= FRAME_HEADER_SIZE
        && memcmp(in->bytes + in->start, HELLO_MAGIC, left < HELLO_MAGIC_SIZE ? left : HELLO_MAGIC_SIZE) == 0;
}

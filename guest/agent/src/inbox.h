// SPDX-License-Identifier: Apache-2.0
// What came from the host and has not been dealt with: finds the hello in any garbage, then cuts frames.
// It only knows bytes: how they were split into reads makes no difference to what it yields.
#ifndef THAW_INBOX_H
#define THAW_INBOX_H

#include "frames.h"

#include <stdbool.h>
#include <stddef.h>

#define INBOX_SIZE (2 * FRAME_PAYLOAD_MAX)

enum inbox_event { INBOX_MORE, INBOX_HELLO, INBOX_FRAME, INBOX_BAD };

struct inbox;
// Whether a host may send this: says no with inbox_bad. Asked when the header is there (payload is NULL), before the rest is
// waited for, and again when the frame is complete.
typedef bool inbox_rule(struct inbox *in, const struct frame *f);

struct inbox {
    inbox_rule *rule;
    bool scanning;
    size_t start, end;
    struct hello hello; // after INBOX_HELLO
    struct frame frame; // after INBOX_FRAME; its payload points into bytes until the next call
    char violation[128]; // after INBOX_BAD
    uint8_t bytes[INBOX_SIZE];
};

void inbox_init(struct inbox *in, inbox_rule *rule);
// docs/guest-channel.md, "Protocol errors".
bool channel_rule(struct inbox *in, const struct frame *f);
// Notes the violation; always false.
bool inbox_bad(struct inbox *in, const char *what, unsigned long got);
// From here on everything up to a complete hello is thrown away.
void inbox_scan(struct inbox *in);
// From here on there are frames.
void inbox_cut(struct inbox *in);
// Where the next read goes; there is always room for at least one byte after inbox_next said INBOX_MORE.
uint8_t *inbox_space(struct inbox *in, size_t *room);
void inbox_added(struct inbox *in, size_t count);
enum inbox_event inbox_next(struct inbox *in);
// After INBOX_MORE: takes out a frame of that type whose payload has come in part. f->payload is what has, *got bytes of
// f->length; the caller reads the rest by itself. False if nothing of the kind is there.
bool inbox_take_beginning(struct inbox *in, uint8_t type, struct frame *f, size_t *got);
// After INBOX_BAD: what was taken for a frame is the beginning of a hello.
bool inbox_at_hello(const struct inbox *in);

#endif

// SPDX-License-Identifier: Apache-2.0
// Kinds of streams for driving the mux: 1 resumes, 2 echoes, 3 pours out as much as it may, 4 ends at once, 5 fails.
#ifndef THAW_FAKE_KINDS_H
#define THAW_FAKE_KINDS_H

#include "inbox.h"
#include "mux.h"

#define FAKE_KIND_COUNT 6
extern const struct kind *const fake_kinds[FAKE_KIND_COUNT];

// A mux with its inbox and outbox, and no descriptor at the end of them.
struct bench {
    struct loop loop;
    struct mux mux;
    struct inbox in;
    struct outbox out;
};

void bench_init(struct bench *b);
void bench_close(struct bench *b);
// Feeds bytes as one read, a part at a time where they don't fit, and handles all that is complete. False at a violation.
bool bench_feed(struct bench *b, const uint8_t *bytes, size_t length);
// Streams in the fake kinds' hands right now.
extern unsigned fake_streams;

#endif

// SPDX-License-Identifier: Apache-2.0
#include "fake_kinds.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned fake_streams;

struct echo {
    struct garbage garbage;
    uint32_t waiting; // bytes that came and have not gone
};

static void open_resume(struct stream *s, struct reader *request) {
    if (!reader_done(request)) {
        stream_fail(s, EINVAL, "left over");
        return;
    }
    s->mux->resumed = true;
    stream_end(s, NULL, 0);
}

static void open_echo(struct stream *s, struct reader *request) {
    (void) read_u8(request);
    s->state = calloc(1, sizeof(struct echo));
    fake_streams++;
    stream_opened(s, NULL, 0);
}

static void echo_data(struct stream *s, const uint8_t *bytes, uint32_t length) {
    struct echo *e = s->state;
    uint32_t sum = 0; // touches every byte, for the sanitizer
    for (uint32_t i = 0; i < length; i++) {
        sum += bytes[i];
    }
    e->waiting += length + (sum & 0);
    stream_wake(s);
}

static void echo_eof(struct stream *s) {
    stream_eof(s, DATA_MAIN);
    stream_end(s, NULL, 0);
}

static void echo_signal(struct stream *s, int number) {
    stream_fail(s, EINTR, "signal %d", number);
}

static void echo_send(struct stream *s) {
    struct echo *e = s->state;
    uint32_t room = stream_sendable(s);
    uint32_t part = e->waiting < room ? e->waiting : room;
    if (part > 0) {
        memset(stream_payload(s), 'e', part);
        stream_sent(s, DATA_MAIN, part);
        stream_took(s, part);
        e->waiting -= part;
        stream_wake(s);
    }
}

static void pour_send(struct stream *s) {
    uint32_t room = stream_sendable(s);
    memset(stream_payload(s), 'p', room);
    stream_sent(s, DATA_ERROR, room);
    stream_wake(s);
}

static void open_pour(struct stream *s, struct reader *request) {
    open_echo(s, request);
    stream_wake(s);
}

static void open_ended(struct stream *s, struct reader *request) {
    struct strings list;
    if (!read_strings(request, &list)) {
        stream_fail(s, ENOMEM, "memory");
        return;
    }
    strings_free(&list);
    stream_end(s, (const uint8_t *) "done", 4);
}

static void open_failed(struct stream *s, struct reader *request) {
    char *text = NULL;
    if (!read_string(request, &text)) {
        stream_fail(s, ENOMEM, "memory");
        return;
    }
    stream_fail(s, EIO, "%s", text == NULL ? "malformed" : text);
    free(text);
}

static void release(struct stream *s, enum over how) {
    (void) how;
    struct echo *e = s->state;
    fake_streams--;
    loop_discard(s->mux->loop, &e->garbage);
}

static const struct kind resume = {.name = "RESUME", .before_resume = true, .open = open_resume};
static const struct kind echo = {
    .name = "ECHO", .open = open_echo, .data = echo_data, .eof = echo_eof, .signal = echo_signal, .send = echo_send,
    .release = release,
};
static const struct kind pour = {.name = "POUR", .open = open_pour, .send = pour_send, .release = release};
static const struct kind ended = {.name = "ENDED", .open = open_ended};
static const struct kind failed = {.name = "FAILED", .open = open_failed};
const struct kind *const fake_kinds[FAKE_KIND_COUNT] = {NULL, &resume, &echo, &pour, &ended, &failed};

static bool sendable(void *of) {
    return outbox_takes_data(of);
}

static void flush(void *of) {
    outbox_clear(of); // a host that reads everything at once
}

void bench_init(struct bench *b) {
    if (!loop_init(&b->loop)) {
        abort();
    }
    b->loop.sendable = sendable;
    b->loop.flush = flush;
    b->loop.of = &b->out;
    mux_init(&b->mux, NULL, &b->loop, &b->out, fake_kinds, FAKE_KIND_COUNT);
    inbox_init(&b->in, channel_rule);
    outbox_clear(&b->out);
    fake_streams = 0;
}

void bench_close(struct bench *b) {
    mux_shut_all(&b->mux, NULL, ESHUTDOWN, "closed");
    loop_close(&b->loop);
}

static bool handle(struct bench *b) {
    for (;;) {
        while (!outbox_takes_requests(&b->out)) {
            loop_turn(&b->loop, 0);
        }
        switch (inbox_next(&b->in)) {
        case INBOX_HELLO:
            inbox_cut(&b->in);
            break;
        case INBOX_FRAME:
            if (!mux_frame(&b->mux, &b->in.frame)) {
                return false;
            }
            break;
        case INBOX_BAD:
            return false;
        case INBOX_MORE:
        default:
            return true;
        }
    }
}

bool bench_feed(struct bench *b, const uint8_t *bytes, size_t length) {
    while (length > 0) {
        size_t room;
        uint8_t *at = inbox_space(&b->in, &room);
        size_t part = length < room ? length : room;
        if (part == 0) {
            abort(); // the inbox must always have room for the rest of a frame
        }
        memcpy(at, bytes, part);
        inbox_added(&b->in, part);
        bytes += part;
        length -= part;
        if (!handle(b)) {
            return false;
        }
    }
    return true;
}

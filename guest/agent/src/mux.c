// SPDX-License-Identifier: Apache-2.0
#include "mux.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRANT_STEP (CREDIT_MAX / 2)

void mux_init(struct mux *m, struct agent *agent, struct loop *loop, struct outbox *out,
              const struct kind *const *kinds, size_t kind_count) {
    memset(m, 0, sizeof *m);
    m->agent = agent;
    m->loop = loop;
    m->out = out;
    m->kinds = kinds;
    m->kind_count = kind_count;
}

void mux_begin_session(struct mux *m) {
    m->last_id = 0;
    m->resumed = false;
    m->violation[0] = 0;
}

void mux_continue_session(struct mux *m) {
    m->resumed = false;
}

static struct stream **find(struct mux *m, uint32_t id) {
    struct stream **at = &m->buckets[id % STREAMS_MAX];
    while (*at != NULL && (*at)->id != id) {
        at = &(*at)->next;
    }
    return at;
}

static void send_reset(struct mux *m, uint32_t id, int error, const char *message) {
    uint8_t payload[8 + RESET_TEXT_MAX];
    size_t length = strnlen(message, RESET_TEXT_MAX);
    put_u32(payload, (uint32_t) error);
    put_u32(payload + 4, (uint32_t) length);
    memcpy(payload + 8, message, length);
    outbox_frame(m->out, FRAME_RESET, 0, id, payload, (uint32_t) (8 + length));
}

// Takes the stream out of the table; it is freed when the turn is over, as events for it may still be in the batch.
static void finish(struct stream *s, enum over how) {
    struct mux *m = s->mux;
    s->over = true;
    task_cancel(&s->sender);
    struct stream **at = find(m, s->id);
    *at = s->next;
    m->open_count--;
    if (s->kind->release != NULL) {
        s->kind->release(s, how);
    }
    loop_discard(m->loop, &s->garbage);
}

void stream_opened(struct stream *s, const uint8_t *payload, uint32_t length) {
    outbox_frame(s->mux->out, FRAME_OPENED, 0, s->id, payload, length);
}

void stream_end(struct stream *s, const uint8_t *payload, uint32_t length) {
    outbox_frame(s->mux->out, FRAME_END, 0, s->id, payload, length);
    finish(s, OVER_ENDED);
}

void stream_fail(struct stream *s, int error, const char *format, ...) {
    char message[RESET_TEXT_MAX + 1];
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(message, sizeof message, format, arguments) < 0) {
        message[0] = 0;
    }
    va_end(arguments);
    send_reset(s->mux, s->id, error, message);
    finish(s, OVER_FAILED);
}

void stream_eof(struct stream *s, uint8_t flag) {
    outbox_frame(s->mux->out, FRAME_EOF, flag, s->id, NULL, 0);
}

static void run_sender(struct task *task) {
    struct stream *s = (struct stream *) ((char *) task - offsetof(struct stream, sender));
    s->kind->send(s);
}

void stream_wake(struct stream *s) {
    if (!s->over && s->send_credit > 0) {
        task_queue(&s->mux->loop->senders, &s->sender);
    }
}

uint32_t stream_sendable(const struct stream *s) {
    return s->send_credit < FRAME_PAYLOAD_MAX ? s->send_credit : FRAME_PAYLOAD_MAX;
}

uint8_t *stream_payload(struct stream *s) {
    return outbox_data(s->mux->out);
}

void stream_sent(struct stream *s, uint8_t flag, uint32_t length) {
    outbox_commit_data(s->mux->out, flag, s->id, length);
    s->send_credit -= length;
}

void stream_took(struct stream *s, uint32_t length) {
    s->taken += length;
    if (s->taken >= GRANT_STEP && !s->host_done && !s->over) {
        uint8_t grant[4];
        put_u32(grant, s->taken);
        outbox_frame(s->mux->out, FRAME_WINDOW, 0, s->id, grant, sizeof grant);
        s->receive_credit += s->taken;
        s->taken = 0;
    }
}

__attribute__((format(printf, 2, 3))) static bool violate(struct mux *m, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (vsnprintf(m->violation, sizeof m->violation, format, arguments) < 0) {
        m->violation[0] = 0;
    }
    va_end(arguments);
    return false;
}

static bool open_stream(struct mux *m, const struct frame *f) {
    if (f->stream <= m->last_id) {
        return violate(m, "OPEN of stream %u after stream %u", f->stream, m->last_id);
    }
    m->last_id = f->stream;
    uint8_t number = f->payload[0];
    const struct kind *kind = number < m->kind_count ? m->kinds[number] : NULL;
    if (kind == NULL) {
        send_reset(m, f->stream, ENOSYS, "unknown kind of stream");
        return true;
    }
    if (!m->resumed && !kind->before_resume) {
        send_reset(m, f->stream, EAGAIN, "RESUME comes first in a session");
        return true;
    }
    if (m->open_count == STREAMS_MAX) {
        send_reset(m, f->stream, EAGAIN, "1024 streams are open already");
        return true;
    }
    struct stream *s = calloc(1, sizeof *s);
    if (s == NULL) {
        send_reset(m, f->stream, ENOMEM, "no memory for another stream");
        return true;
    }
    s->sender.run = run_sender;
    s->mux = m;
    s->kind = kind;
    s->id = f->stream;
    s->send_credit = CREDIT_MAX;
    s->receive_credit = CREDIT_MAX;
    struct stream **at = find(m, s->id);
    *at = s;
    m->open_count++;
    struct reader request = reader_of(f->payload + 1, f->length - 1);
    kind->open(s, &request);
    return true;
}

static bool take_data(struct stream *s, const struct frame *f) {
    struct mux *m = s->mux;
    if (s->kind->data == NULL) {
        return violate(m, "DATA on stream %u, but %s takes none", s->id, s->kind->name);
    }
    if (s->host_done) {
        return violate(m, "DATA on stream %u after its EOF", s->id);
    }
    if (f->length > s->receive_credit) {
        return violate(m, "%u bytes of DATA on stream %u with a credit of %u", f->length, s->id, s->receive_credit);
    }
    s->receive_credit -= f->length;
    s->kind->data(s, f->payload, f->length);
    return true;
}

static bool take_window(struct stream *s, uint32_t grant) {
    if (grant > CREDIT_MAX - s->send_credit) {
        return violate(s->mux, "WINDOW of %u on stream %u raises its credit of %u above %u", grant, s->id,
                       s->send_credit, CREDIT_MAX);
    }
    s->send_credit += grant;
    if (s->kind->send != NULL) {
        stream_wake(s);
    }
    return true;
}

static bool take_eof(struct stream *s) {
    if (s->kind->eof == NULL) {
        return violate(s->mux, "EOF on stream %u, but %s takes none", s->id, s->kind->name);
    }
    if (s->host_done) {
        return violate(s->mux, "second EOF on stream %u", s->id);
    }
    s->host_done = true;
    s->kind->eof(s);
    return true;
}

static bool take_signal(struct stream *s, const struct frame *f) {
    if (s->kind->signal == NULL) {
        return violate(s->mux, "SIGNAL on stream %u, but %s takes none", s->id, s->kind->name);
    }
    uint32_t number = get_u32(f->payload);
    if (number < 1 || number > 64) {
        return violate(s->mux, "SIGNAL %u on stream %u is none of Linux's", number, s->id);
    }
    s->kind->signal(s, (int) number);
    return true;
}

bool mux_frame(struct mux *m, const struct frame *f) {
    if (f->type == FRAME_OPEN) {
        return open_stream(m, f);
    }
    if (f->stream > m->last_id) {
        return violate(m, "frame of type %u for stream %u, which was never opened", f->type, f->stream);
    }
    struct stream *s = *find(m, f->stream);
    if (s == NULL) {
        return true; // over already; this was under way
    }
    switch (f->type) {
    case FRAME_DATA:
        return take_data(s, f);
    case FRAME_WINDOW:
        return take_window(s, get_u32(f->payload));
    case FRAME_EOF:
        return take_eof(s);
    case FRAME_SIGNAL:
        return take_signal(s, f);
    case FRAME_RESET:
        finish(s, OVER_RESET);
        return true;
    default:
        return violate(m, "frame of type %u from the host", f->type);
    }
}

void mux_shut_all(struct mux *m, const struct stream *except, int error, const char *why) {
    for (size_t i = 0; i < STREAMS_MAX; i++) {
        struct stream *s = m->buckets[i];
        while (s != NULL) {
            struct stream *next = s->next;
            if (s != except) {
                send_reset(m, s->id, error, why);
                finish(s, OVER_SHUTDOWN);
            }
            s = next;
        }
    }
}

void mux_forget_all(struct mux *m) {
    for (size_t i = 0; i < STREAMS_MAX && m->open_count > 0; i++) {
        while (m->buckets[i] != NULL) {
            finish(m->buckets[i], OVER_SHUTDOWN);
        }
    }
}

void mux_each(struct mux *m, const struct kind *kind, void (*visit)(struct stream *s)) {
    for (size_t i = 0; i < STREAMS_MAX; i++) {
        struct stream *s = m->buckets[i];
        while (s != NULL) {
            struct stream *next = s->next;
            if (s->kind == kind) {
                visit(s);
            }
            s = next;
        }
    }
}

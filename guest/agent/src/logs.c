// SPDX-License-Identifier: Apache-2.0
// LOGS: the log from an offset on (docs/guest-channel.md, "LOGS").
#include "agent.h"
#include "kinds.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct logs {
    struct garbage garbage;
    struct log_follower follower;
    struct stream *stream;
    uint64_t at; // offset of the next record
    uint64_t until; // without follow: where it ends
    bool follow;
    uint32_t rest_start, rest_end;
    // The rest of a record that was cut by the credit: it may be overwritten in the log before it can be sent. NULL until
    // the credit is that short, which it is not after a restore, when each page costs.
    uint8_t *rest;
};

static bool at_end(const struct logs *l) {
    return l->rest_start == l->rest_end && !l->follow && l->at >= l->until;
}

// Fetches the next record, or word of lost ones, and moves on. 0 when there is none.
static uint32_t next_record(struct logs *l, const struct log *log, uint8_t *to, uint32_t room) {
    if (l->at < log->begin) {
        if (room < LOG_LOST_SIZE) {
            return 0;
        }
        log_put_lost(to, log_now(), log->begin - l->at);
        l->at = log->begin;
        return LOG_LOST_SIZE;
    }
    uint64_t limit = l->follow ? log->end : l->until;
    if (l->at >= limit) {
        return 0;
    }
    uint32_t size = log_record_size(log, l->at);
    if (size > room) {
        return 0;
    }
    log_copy(log, l->at, to, size);
    l->at += size;
    return size;
}

// Whole records as long as they fit; if not even one does, a part of one, and the rest is kept.
static uint32_t fill(struct logs *l, const struct log *log, uint8_t *payload, uint32_t room) {
    uint32_t used = 0;
    for (;;) {
        uint32_t rest = l->rest_end - l->rest_start;
        if (rest > 0) {
            uint32_t part = rest < room - used ? rest : room - used;
            memcpy(payload + used, l->rest + l->rest_start, part);
            l->rest_start += part;
            used += part;
        }
        uint32_t size;
        while (used < room && (size = next_record(l, log, payload + used, room - used)) > 0) {
            used += size;
        }
        if (used > 0 || room >= LOG_RECORD_MAX) {
            return used;
        }
        l->rest_start = 0;
        l->rest_end = next_record(l, log, l->rest, LOG_RECORD_MAX);
        if (l->rest_end == 0) {
            return 0;
        }
    }
}

static void send_logs(struct stream *s) {
    struct logs *l = s->state;
    const struct log *log = &s->mux->agent->log;
    uint32_t room = stream_sendable(s);
    if (room > 0 && room < LOG_RECORD_MAX && l->rest == NULL) {
        l->rest = malloc(LOG_RECORD_MAX);
        if (l->rest == NULL) {
            stream_fail(s, ENOMEM, "no memory to follow the log");
            return;
        }
    }
    uint32_t length = room == 0 ? 0 : fill(l, log, stream_payload(s), room);
    if (length > 0) {
        stream_sent(s, DATA_MAIN, length);
    }
    if (at_end(l)) {
        stream_end(s, NULL, 0);
    } else if (length > 0) {
        stream_wake(s);
    }
}

static void more_logs(struct log_follower *follower) {
    struct logs *l = (struct logs *) ((char *) follower - offsetof(struct logs, follower));
    stream_wake(l->stream);
}

static void open_logs(struct stream *s, struct reader *request) {
    struct log *log = &s->mux->agent->log;
    uint64_t offset = read_u64(request);
    uint8_t follow = read_u8(request);
    if (!reader_done(request) || follow > 1) {
        stream_fail(s, EINVAL, "the request of LOGS is malformed");
        return;
    }
    if (offset > log->end) {
        stream_fail(s, EINVAL, "offset %llu is behind the log's end at %llu", (unsigned long long) offset,
                    (unsigned long long) log->end);
        return;
    }
    struct logs *l = malloc(sizeof *l);
    if (l == NULL) {
        stream_fail(s, ENOMEM, "no memory to follow the log");
        return;
    }
    *l = (struct logs) {.stream = s, .follow = follow == 1, .until = log->end, .at = log_seek(log, offset)};
    l->follower.more = more_logs;
    s->state = l;
    log_follow(log, &l->follower);
    uint8_t begin[8];
    put_u64(begin, l->at);
    stream_opened(s, begin, sizeof begin);
    stream_wake(s);
}

static void release_logs(struct stream *s, enum over how) {
    (void) how;
    struct logs *l = s->state;
    if (l != NULL) {
        log_unfollow(&s->mux->agent->log, &l->follower);
        free(l->rest);
        loop_discard(s->mux->loop, &l->garbage);
        s->state = NULL;
    }
}

const struct kind kind_logs = {.name = "LOGS", .open = open_logs, .send = send_logs, .release = release_logs};

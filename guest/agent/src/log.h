// SPDX-License-Identifier: Apache-2.0
// The last mebibyte of what the service wrote, as records (docs/guest-channel.md, "LOGS"). Offsets count bytes of
// records since the service started and never come back.
#ifndef THAW_LOG_H
#define THAW_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_SIZE (1024u * 1024)
#define LOG_HEADER_SIZE 16u
#define LOG_LENGTH_MAX 16384u
#define LOG_RECORD_MAX (LOG_HEADER_SIZE + LOG_LENGTH_MAX)
#define LOG_LOST_SIZE (LOG_HEADER_SIZE + 8u)

enum log_source { LOG_OUTPUT = 1, LOG_ERROR = 2, LOG_AGENT = 3, LOG_LOST = 4 };

struct log_follower {
    struct log_follower *next, *previous;
    void (*more)(struct log_follower *self);
};

struct log {
    uint64_t begin, end; // offsets of the oldest record and of the next
    struct log_follower *followers;
    uint8_t ring[LOG_SIZE];
};

void log_init(struct log *log);
// At most LOG_LENGTH_MAX bytes, at least one. Overwrites the oldest records.
void log_append(struct log *log, enum log_source source, int64_t time_ns, const uint8_t *bytes, uint32_t length);
// A line of the agent's own, stamped now.
__attribute__((format(printf, 2, 3))) void log_say(struct log *log, const char *format, ...);
// The first record at or behind offset that is still there.
uint64_t log_seek(const struct log *log, uint64_t offset);
// Size with header of the record at an offset that log_seek gave, before end.
uint32_t log_record_size(const struct log *log, uint64_t offset);
void log_copy(const struct log *log, uint64_t offset, uint8_t *to, uint32_t size);
// A record of source 4. LOG_LOST_SIZE bytes.
void log_put_lost(uint8_t *to, int64_t time_ns, uint64_t lost);
int64_t log_now(void);
void log_follow(struct log *log, struct log_follower *follower);
void log_unfollow(struct log *log, struct log_follower *follower);

#endif

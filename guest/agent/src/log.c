// SPDX-License-Identifier: Apache-2.0
#include "log.h"

#include "wire.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void log_init(struct log *log) {
    log->begin = 0;
    log->end = 0;
    log->followers = NULL;
}

static void ring_put(struct log *log, uint64_t offset, const uint8_t *bytes, uint32_t length) {
    uint32_t at = (uint32_t) (offset % LOG_SIZE);
    uint32_t first = LOG_SIZE - at < length ? LOG_SIZE - at : length;
    memcpy(log->ring + at, bytes, first);
    memcpy(log->ring, bytes + first, length - first);
}

void log_copy(const struct log *log, uint64_t offset, uint8_t *to, uint32_t size) {
    uint32_t at = (uint32_t) (offset % LOG_SIZE);
    uint32_t first = LOG_SIZE - at < size ? LOG_SIZE - at : size;
    memcpy(to, log->ring + at, first);
    memcpy(to + first, log->ring, size - first);
}

static void put_record_header(uint8_t *at, enum log_source source, int64_t time_ns, uint32_t length) {
    put_u32(at, (uint32_t) source); // the source and three bytes of 0
    put_u32(at + 4, length);
    put_u64(at + 8, (uint64_t) time_ns);
}

uint32_t log_record_size(const struct log *log, uint64_t offset) {
    uint8_t header[LOG_HEADER_SIZE];
    log_copy(log, offset, header, sizeof header);
    return LOG_HEADER_SIZE + get_u32(header + 4);
}

void log_append(struct log *log, enum log_source source, int64_t time_ns, const uint8_t *bytes, uint32_t length) {
    uint8_t header[LOG_HEADER_SIZE];
    uint32_t size = LOG_HEADER_SIZE + length;
    while (log->end + size - log->begin > LOG_SIZE) {
        log->begin += log_record_size(log, log->begin);
    }
    put_record_header(header, source, time_ns, length);
    ring_put(log, log->end, header, sizeof header);
    ring_put(log, log->end + sizeof header, bytes, length);
    log->end += size;
    for (struct log_follower *f = log->followers; f != NULL; f = f->next) {
        f->more(f);
    }
}

void log_say(struct log *log, const char *format, ...) {
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    if (n < 0) {
        return;
    }
    size_t length = strlen(line);
    line[length++] = '\n';
    log_append(log, LOG_AGENT, log_now(), (const uint8_t *) line, (uint32_t) length);
}

uint64_t log_seek(const struct log *log, uint64_t offset) {
    uint64_t at = log->begin;
    while (at < offset && at < log->end) {
        at += log_record_size(log, at);
    }
    return at;
}

void log_put_lost(uint8_t *to, int64_t time_ns, uint64_t lost) {
    put_record_header(to, LOG_LOST, time_ns, 8);
    put_u64(to + LOG_HEADER_SIZE, lost);
}

int64_t log_now(void) {
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) {
        return 0;
    }
    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

void log_follow(struct log *log, struct log_follower *follower) {
    follower->previous = NULL;
    follower->next = log->followers;
    if (follower->next != NULL) {
        follower->next->previous = follower;
    }
    log->followers = follower;
}

void log_unfollow(struct log *log, struct log_follower *follower) {
    if (follower->previous != NULL) {
        follower->previous->next = follower->next;
    } else {
        log->followers = follower->next;
    }
    if (follower->next != NULL) {
        follower->next->previous = follower->previous;
    }
}

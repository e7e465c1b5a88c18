// SPDX-License-Identifier: Apache-2.0
// Inbox and mux under random traffic.
#include "fake_kinds.h"
#include "units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRAFFIC_MAX (512u * 1024)

static struct bench bench;
static uint8_t traffic[TRAFFIC_MAX];
static size_t traffic_length;

static void put(const void *bytes, size_t length) {
    CHECK(traffic_length + length <= TRAFFIC_MAX);
    memcpy(traffic + traffic_length, bytes, length);
    traffic_length += length;
}

static void put_frame(uint8_t type, uint32_t stream, const void *payload, uint32_t length) {
    uint8_t header[FRAME_HEADER_SIZE] = {0};
    put_u32(header + FRAME_LENGTH_AT, length);
    put_u32(header + FRAME_STREAM_AT, stream);
    header[FRAME_TYPE_AT] = type;
    put(header, sizeof header);
    put(payload, length);
}

static void put_hello(uint16_t role) {
    uint8_t hello[HELLO_SIZE] = {0};
    memcpy(hello, HELLO_MAGIC, HELLO_MAGIC_SIZE);
    put_u16(hello + HELLO_VERSION_AT, CHANNEL_VERSION);
    put_u16(hello + HELLO_ROLE_AT, role);
    put_u64(hello + HELLO_SESSION_AT, next_random() | 1);
    put(hello, sizeof hello);
}

// Bytes as an earlier session leaves them, with pieces of hellos among them.
static void put_garbage(void) {
    for (size_t pieces = random_below(6); pieces > 0; pieces--) {
        uint8_t bytes[64];
        size_t length = random_below(sizeof bytes);
        random_fill(bytes, length);
        put(bytes, length);
        size_t kind = random_below(4);
        if (kind == 0) {
            put(HELLO_MAGIC, random_below(HELLO_MAGIC_SIZE));
        } else if (kind == 1) {
            put_hello(ROLE_GUEST);
        }
    }
}

static uint8_t payload[FRAME_PAYLOAD_MAX];

// What a proper host could send: opens, some data within the credit, grants within the limit, ends.
static void put_proper_traffic(void) {
    uint32_t opened = 1;
    put_frame(FRAME_OPEN, 1, "\x01", 1);
    for (size_t frames = random_below(60); frames > 0 && traffic_length < TRAFFIC_MAX - 2 * FRAME_PAYLOAD_MAX; frames--) {
        uint32_t stream = opened + 1;
        uint8_t kind = (uint8_t) (2 + random_below(6));
        payload[0] = kind;
        uint32_t extra = (uint32_t) random_below(random_below(8) == 0 ? 60000 : 40);
        random_fill(payload + 1, extra);
        put_frame(FRAME_OPEN, stream, payload, 1 + extra);
        opened = stream;
        if (kind == 2) {
            uint32_t length = (uint32_t) (1 + random_below(random_below(4) == 0 ? FRAME_PAYLOAD_MAX : 100));
            put_frame(FRAME_DATA, stream, payload, length);
        }
        size_t end = random_below(4);
        if (end == 0) {
            put_frame(FRAME_RESET, stream, "\x68\0\0\0\x02\0\0\0hi", 10);
        } else if (end == 1 && kind == 2) {
            put_frame(FRAME_EOF, stream, "", 0);
        } else if (end == 2 && kind == 2) {
            put_frame(FRAME_SIGNAL, stream, "\x0f\0\0\0", 4);
        }
    }
}

// Sum over everything that the inbox yields; order and content both matter.
static uint64_t digest_of_frames(size_t part_max) {
    static struct inbox in;
    uint64_t digest = 14695981039346656037u;
    size_t at = 0;
    inbox_init(&in, channel_rule);
    for (;;) {
        enum inbox_event event = inbox_next(&in);
        if (event == INBOX_MORE) {
            if (at == traffic_length) {
                return digest;
            }
            size_t room;
            uint8_t *to = inbox_space(&in, &room);
            CHECK(room > 0);
            size_t part = part_max == 0 ? traffic_length : 1 + random_below(part_max);
            part = part < room ? part : room;
            part = part < traffic_length - at ? part : traffic_length - at;
            memcpy(to, traffic + at, part);
            inbox_added(&in, part);
            at += part;
        } else if (event == INBOX_HELLO) {
            inbox_cut(&in);
            digest = (digest ^ in.hello.session) * 1099511628211u;
        } else {
            CHECK(event == INBOX_FRAME);
            digest = (digest ^ in.frame.stream ^ (uint64_t) in.frame.type << 32) * 1099511628211u;
            for (uint32_t i = 0; i < in.frame.length; i++) {
                digest = (digest ^ in.frame.payload[i]) * 1099511628211u;
            }
        }
    }
}

void test_any_split_gives_the_same_frames(void) {
    traffic_length = 0;
    put_garbage();
    put_hello(ROLE_HOST);
    put_proper_traffic();
    uint64_t whole = digest_of_frames(0);
    CHECK(digest_of_frames(1 + random_below(10)) == whole);
    CHECK(digest_of_frames(1 + random_below(5000)) == whole);
    CHECK(digest_of_frames(1 + random_below(FRAME_PAYLOAD_MAX)) == whole);
}

static bool feed_in_parts(void) {
    size_t at = 0;
    while (at < traffic_length) {
        size_t part = 1 + random_below(20000);
        part = part < traffic_length - at ? part : traffic_length - at;
        if (!bench_feed(&bench, traffic + at, part)) {
            return false;
        }
        CHECK(outbox_used(&bench.out) <= OUTBOX_SIZE / 2);
        CHECK(bench.mux.open_count <= STREAMS_MAX);
        if (random_below(3) == 0) {
            loop_turn(&bench.loop, 0);
        }
        at += part;
    }
    return true;
}

void test_random_frames_keep_the_mux_within_its_bounds(void) {
    bench_init(&bench);
    traffic_length = 0;
    put_garbage();
    put_hello(ROLE_HOST);
    put_proper_traffic();
    CHECK(feed_in_parts());
    for (int i = 0; i < 5; i++) {
        loop_turn(&bench.loop, 0);
    }
    CHECK(fake_streams == bench.mux.open_count);
    bench_close(&bench);
    CHECK(fake_streams == 0);
    CHECK(bench.mux.open_count == 0);
}

void test_damaged_frames_are_violations_or_harmless(void) {
    bench_init(&bench);
    traffic_length = 0;
    put_hello(ROLE_HOST);
    put_proper_traffic();
    for (size_t damages = 1 + random_below(4); damages > 0; damages--) {
        size_t at = HELLO_SIZE + random_below(traffic_length - HELLO_SIZE);
        traffic[at] = (uint8_t) next_random();
    }
    if (!feed_in_parts()) {
        CHECK(bench.in.violation[0] != 0 || bench.mux.violation[0] != 0);
    }
    bench_close(&bench);
    CHECK(fake_streams == 0);
}

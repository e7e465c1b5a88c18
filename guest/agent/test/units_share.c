// SPDX-License-Identifier: Apache-2.0
// The relay of shared folders between a host on a socket and a kernel that is none.
#include "fake_ground.h"
#include "share/relay.h"
#include "units.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WAIT_SECONDS 20
#define LARGE_MAX 190000u // a socket without a privilege takes a message of this length

static struct relay relay;
static int host = -1;
static uint8_t heard[8 * 1024 * 1024]; // from the relay
static size_t heard_from, heard_to;
static uint64_t session;

// What the relay said last.
static struct frame said;

static void relay_turn_of(int timeout_ms) {
    loop_turn(&relay.loop, timeout_ms);
    for (;;) {
        if (heard_from == heard_to) {
            heard_from = 0;
            heard_to = 0;
        }
        CHECK(heard_to < sizeof heard);
        ssize_t n = read(host, heard + heard_to, sizeof heard - heard_to);
        if (n <= 0) {
            CHECK(n < 0 && errno == EAGAIN);
            return;
        }
        heard_to += (size_t) n;
    }
}

static void relay_turn(void) {
    relay_turn_of(1);
}

// In random pieces, with the relay's turns in between.
static void tell_bytes(const uint8_t *bytes, size_t length) {
    while (length > 0) {
        size_t part = 1 + random_below(random_below(2) == 0 ? 100 : 60000);
        ssize_t n = write(host, bytes, part < length ? part : length);
        CHECK(n > 0 || errno == EAGAIN);
        if (n > 0) {
            bytes += n;
            length -= (size_t) n;
        }
        if (n < 0 || random_below(4) == 0) {
            relay_turn_of(0);
        }
    }
}

static void tell(uint8_t type, uint32_t stream, uint8_t flag, const void *payload, size_t length) {
    static uint8_t bytes[FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX];
    CHECK(length <= FRAME_PAYLOAD_MAX);
    put_u32(bytes + FRAME_LENGTH_AT, (uint32_t) length);
    put_u32(bytes + FRAME_STREAM_AT, stream);
    bytes[FRAME_TYPE_AT] = type;
    bytes[FRAME_FLAG_AT] = flag;
    put_u16(bytes + FRAME_RESERVED_AT, 0);
    if (length > 0) {
        memcpy(bytes + FRAME_HEADER_SIZE, payload, length);
    }
    tell_bytes(bytes, FRAME_HEADER_SIZE + length);
}

static bool past(time_t deadline) {
    return time(NULL) > deadline;
}

static bool has_frame(void) {
    const uint8_t *at = heard + heard_from;
    size_t left = heard_to - heard_from;
    if (left < FRAME_HEADER_SIZE || left < FRAME_HEADER_SIZE + get_u32(at + FRAME_LENGTH_AT)) {
        return false;
    }
    said = (struct frame) {
        .length = get_u32(at + FRAME_LENGTH_AT), .stream = get_u32(at + FRAME_STREAM_AT), .type = at[FRAME_TYPE_AT],
        .flag = at[FRAME_FLAG_AT], .payload = at + FRAME_HEADER_SIZE,
    };
    CHECK(said.length <= FRAME_PAYLOAD_MAX && get_u16(at + FRAME_RESERVED_AT) == 0);
    heard_from += FRAME_HEADER_SIZE + said.length;
    return true;
}

static void hear(uint8_t type, uint32_t stream) {
    time_t deadline = time(NULL) + WAIT_SECONDS;
    while (!has_frame()) {
        CHECK(!past(deadline));
        relay_turn();
    }
    CHECK(said.type == type && said.stream == stream);
}

static void hear_nothing(void) {
    for (int i = 0; i < 5; i++) {
        relay_turn();
    }
    CHECK(heard_from == heard_to);
}

static void greet(void) {
    uint8_t hello[HELLO_SIZE] = {0};
    time_t deadline = time(NULL) + WAIT_SECONDS;
    session = next_random() | 1;
    memcpy(hello, HELLO_MAGIC, HELLO_MAGIC_SIZE);
    put_u16(hello + HELLO_VERSION_AT, CHANNEL_VERSION);
    put_u16(hello + HELLO_ROLE_AT, ROLE_HOST);
    put_u64(hello + HELLO_SESSION_AT, session);
    tell_bytes(hello, sizeof hello);
    put_u16(hello + HELLO_ROLE_AT, ROLE_GUEST);
    // As a host does it: what comes before the answer is thrown away.
    const uint8_t *answer;
    while ((answer = memmem(heard + heard_from, heard_to - heard_from, hello, sizeof hello)) == NULL) {
        CHECK(!past(deadline));
        relay_turn();
    }
    heard_from = (size_t) (answer - heard) + sizeof hello;
    CHECK(relay.live == 0 && fake_mounted == 0);
}

static void begin(void) {
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
    host = pair[0];
    heard_from = 0;
    heard_to = 0;
    CHECK(relay_init(&relay, pair[1]));
    greet();
}

static void end(void) {
    relay_close(&relay);
    CHECK(fake_mounted == 0);
    CHECK(close(host) == 0);
    fake_ground_reset();
}

static size_t put_text(uint8_t *at, const char *text) {
    size_t length = strlen(text);
    put_u32(at, (uint32_t) length);
    memcpy(at + 4, text, length);
    return 4 + length;
}

static void tell_attach(uint32_t stream, const char *where) {
    uint8_t payload[200];
    size_t length = put_text(payload, where);
    length += put_text(payload + length, "web");
    put_u32(payload + length, 0);
    put_u32(payload + length + 4, TRANSFER_MAX);
    tell(PORT_ATTACH, stream, 0, payload, length + 8);
}

// Gives the kernel's end.
static int attach(uint32_t stream) {
    int nth = fake_kernel_count();
    tell_attach(stream, "/data");
    hear(PORT_USER, stream);
    CHECK(said.length == 8 && get_u32(said.payload) == FAKE_UID && get_u32(said.payload + 4) == FAKE_GID);
    hear(PORT_ATTACHED, stream);
    CHECK(said.length == 0);
    return fake_kernel(nth);
}

static size_t make_request(uint8_t *bytes, uint32_t opcode, size_t length) {
    random_fill(bytes, length);
    put_u32(bytes + FUSE_LENGTH_AT, (uint32_t) length);
    put_u32(bytes + FUSE_OPCODE_AT, opcode);
    return length;
}

static size_t make_reply(uint8_t *bytes, size_t length, uint64_t unique) {
    random_fill(bytes, length);
    put_u32(bytes, (uint32_t) length);
    put_u64(bytes + FUSE_REPLY_UNIQUE_AT, unique);
    return length;
}

static void kernel_gets(int kernel, const uint8_t *expected, size_t length) {
    static uint8_t got[MESSAGE_MAX];
    time_t deadline = time(NULL) + WAIT_SECONDS;
    ssize_t n;
    while ((n = read(kernel, got, sizeof got)) < 0 && errno == EAGAIN) {
        CHECK(!past(deadline));
        relay_turn();
    }
    CHECK(n == (ssize_t) length && memcmp(got, expected, length) == 0);
}

static void tell_reply(uint32_t stream, const uint8_t *reply, size_t length) {
    if (length <= FRAME_PAYLOAD_MAX && random_below(3) > 0) {
        tell(PORT_MESSAGE, stream, 0, reply, length);
        return;
    }
    for (size_t at = 0; at < length;) {
        size_t part = 1 + random_below(FRAME_PAYLOAD_MAX);
        part = part < length - at ? part : length - at;
        at += part;
        tell(PORT_PART, stream, at == length ? PART_LAST : 0, reply + at - part, part);
    }
}

static size_t random_length(size_t least) {
    return least + random_below(random_below(3) == 0 ? LARGE_MAX - least : 200);
}

void test_shares_are_attached_refused_and_detached(void) {
    begin();
    (void) attach(1);
    (void) attach(SHARES_MAX);
    CHECK(fake_mounted == 2);
    tell_attach(7, "/refused");
    hear(PORT_REFUSED, 7);
    CHECK(get_u32(said.payload) == ENXIO && get_u32(said.payload + 4) == said.length - 8);
    tell_attach(7, "relative");
    hear(PORT_REFUSED, 7);
    CHECK(get_u32(said.payload) == EINVAL);
    tell(PORT_DETACH, 1, 0, NULL, 0);
    hear(PORT_DETACHED, 1);
    int kernel = attach(1);
    // WHEN somebody in the guest unmounts it
    CHECK(shutdown(kernel, SHUT_RDWR) == 0);
    hear(PORT_REFUSED, 1);
    CHECK(get_u32(said.payload) == ENODEV && fake_mounted == 1);
    // THEN what the host has sent before it heard of that does no harm
    tell(PORT_DETACH, 1, 0, NULL, 0);
    hear_nothing();
    end();
}

// Requests on three shares, some of them large, against what the host hears; and replies the other way.
void test_messages_arrive_whole_and_in_order(void) {
    enum { SHARES = 3, COUNT = 12 };
    static uint8_t requests[SHARES][COUNT][LARGE_MAX], large[LARGE_MAX];
    static size_t lengths[SHARES][COUNT];
    int kernels[SHARES];
    size_t sent[SHARES] = {0}, left = (size_t) SHARES * COUNT, large_length = 0;
    bool taken[SHARES][COUNT] = {{false}};
    begin();
    for (uint32_t i = 0; i < SHARES; i++) {
        kernels[i] = attach(i + 1);
        for (size_t k = 0; k < COUNT; k++) {
            lengths[i][k] = make_request(requests[i][k], 15, random_length(FUSE_REQUEST_MIN));
        }
    }
    time_t deadline = time(NULL) + WAIT_SECONDS;
    while (left > 0) {
        CHECK(!past(deadline));
        size_t i = random_below(SHARES);
        if (sent[i] < COUNT && write(kernels[i], requests[i][sent[i]], lengths[i][sent[i]]) > 0) {
            sent[i]++;
        }
        relay_turn();
        while (has_frame()) {
            CHECK(said.type == PORT_MESSAGE || said.type == PORT_PART);
            const uint8_t *message = said.payload;
            size_t length = said.length;
            if (said.type == PORT_PART) {
                CHECK(large_length + length <= sizeof large);
                memcpy(large + large_length, said.payload, length);
                large_length += length;
                if (said.flag != PART_LAST) {
                    continue;
                }
                message = large;
                length = large_length;
                large_length = 0;
            }
            // Small ones may overtake a large one.
            size_t k = 0;
            while (k < COUNT && (taken[said.stream - 1][k] || lengths[said.stream - 1][k] != length
                                 || memcmp(requests[said.stream - 1][k], message, length) != 0)) {
                k++;
            }
            CHECK(k < COUNT);
            taken[said.stream - 1][k] = true;
            left--;
        }
    }
    for (size_t k = 0; k < COUNT; k++) {
        uint32_t i = (uint32_t) random_below(SHARES);
        size_t length = make_reply(large, random_length(FUSE_REPLY_MIN), 1 + random_below(1000));
        tell_reply(i + 1, large, length);
        kernel_gets(kernels[i], large, length);
    }
    end();
}

void test_a_flush_is_answered_by_the_relay_until_a_posix_lock_is_asked_for(void) {
    uint8_t request[FUSE_LOCK_SIZE], reply[FUSE_REPLY_MIN] = {FUSE_REPLY_MIN};
    begin();
    int kernel = attach(3);
    for (int round = 0; round < 2; round++) {
        size_t length = make_request(request, FUSE_FLUSH, 64);
        CHECK(write(kernel, request, length) == (ssize_t) length);
        memcpy(reply + FUSE_REPLY_UNIQUE_AT, request + FUSE_UNIQUE_AT, 8);
        kernel_gets(kernel, reply, sizeof reply);
        (void) make_request(request, FUSE_SETLK, sizeof request);
        put_u32(request + FUSE_LOCK_FLAGS_AT, FUSE_LOCK_FLOCK); // a lock of flock's changes nothing
        CHECK(write(kernel, request, sizeof request) == (ssize_t) sizeof request);
        hear(PORT_MESSAGE, 3);
    }
    put_u32(request + FUSE_LOCK_FLAGS_AT, 0);
    CHECK(write(kernel, request, sizeof request) == (ssize_t) sizeof request);
    hear(PORT_MESSAGE, 3);
    size_t length = make_request(request, FUSE_FLUSH, 64);
    CHECK(write(kernel, request, length) == (ssize_t) length);
    hear(PORT_MESSAGE, 3);
    CHECK(said.length == length && memcmp(said.payload, request, length) == 0);
    end();
}

void test_the_end_of_a_listing_is_answered_by_the_relay(void) {
    const uint32_t opcodes[] = {FUSE_READDIR, FUSE_READDIRPLUS};
    uint8_t request[FUSE_POSITION_END + 24], reply[FUSE_REPLY_MIN] = {FUSE_REPLY_MIN};
    begin();
    int kernel = attach(2);
    for (int i = 0; i < 2; i++) {
        size_t length = make_request(request, opcodes[i], sizeof request);
        put_u64(request + FUSE_POSITION_AT, LISTING_END);
        CHECK(write(kernel, request, length) == (ssize_t) length);
        memcpy(reply + FUSE_REPLY_UNIQUE_AT, request + FUSE_UNIQUE_AT, 8);
        kernel_gets(kernel, reply, sizeof reply);
        put_u64(request + FUSE_POSITION_AT, LISTING_END - 1);
        CHECK(write(kernel, request, length) == (ssize_t) length);
        hear(PORT_MESSAGE, 2);
        length = make_request(request, opcodes[i], FUSE_POSITION_END - 1);
        CHECK(write(kernel, request, length) == (ssize_t) length);
        hear(PORT_MESSAGE, 2); // too short to tell
    }
    end();
}

static size_t make_attribute_request(uint8_t *request, const char *name) {
    size_t length = make_request(request, FUSE_GETXATTR, FUSE_ATTRIBUTE_NAME_AT + strlen(name) + 1);
    memcpy(request + FUSE_ATTRIBUTE_NAME_AT, name, strlen(name) + 1);
    return length;
}

void test_attributes_are_asked_of_the_host_only_if_they_are_a_users(void) {
    const char *others[] = {"security.capability", "system.posix_acl_access", "trusted.overlay.opaque", "userx", "use", ""};
    uint8_t request[128], reply[FUSE_REPLY_MIN] = {FUSE_REPLY_MIN};
    begin();
    int kernel = attach(2);
    put_u32(reply + FUSE_REPLY_ERROR_AT, (uint32_t) -EOPNOTSUPP);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        size_t length = make_attribute_request(request, others[i]);
        CHECK(write(kernel, request, length) == (ssize_t) length);
        if (length < FUSE_ATTRIBUTE_NAME_AT + strlen("user.")) {
            hear(PORT_MESSAGE, 2); // too short to tell
            continue;
        }
        memcpy(reply + FUSE_REPLY_UNIQUE_AT, request + FUSE_UNIQUE_AT, 8);
        kernel_gets(kernel, reply, sizeof reply);
    }
    size_t length = make_attribute_request(request, "user.mime");
    CHECK(write(kernel, request, length) == (ssize_t) length);
    hear(PORT_MESSAGE, 2);
    CHECK(said.length == length && memcmp(said.payload, request, length) == 0);
    end();
}

static void tell_replay(uint32_t sequence, uint8_t operation, const char *path, const void *more, size_t length) {
    uint8_t payload[300];
    put_u32(payload, sequence);
    payload[4] = operation;
    size_t at = 5 + put_text(payload + 5, path);
    if (length > 0) {
        memcpy(payload + at, more, length);
    }
    tell(PORT_REPLAY, 1, 0, payload, at + length);
}

static int hear_done(uint32_t sequence) {
    hear(PORT_DONE, 1);
    CHECK(said.length == 8 && get_u32(said.payload) == sequence);
    return (int) get_u32(said.payload + 4);
}

static void hear_event(int watch, uint32_t mask, const char *name) {
    static char events[4096] __attribute__((aligned(8)));
    static ssize_t from, to;
    if (from == to) {
        from = 0;
        to = read(watch, events, sizeof events);
        CHECK(to > 0);
    }
    const struct inotify_event *event = (const struct inotify_event *) (events + from);
    CHECK((event->mask & IN_ALL_EVENTS) == mask && strcmp(event->len == 0 ? "" : event->name, name) == 0);
    from += (ssize_t) (sizeof *event + event->len);
}

void test_notifications_and_replays_are_done_in_order(void) {
    char path[] = "/tmp/thaw-agent-units-XXXXXX";
    static const uint8_t file_mode[] = {0xa4, 0x81, 0, 0}, new_mode[] = {0x80, 0x81, 0, 0}, plain[] = {0};
    static const uint8_t target[] = {1, 0, 0, 0, 'b'};
    uint8_t notification[4 + FUSE_REPLY_MIN + 24] = {0};
    CHECK(mkdtemp(path) != NULL);
    fake_root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    CHECK(fake_root >= 0 && watch >= 0);
    CHECK(inotify_add_watch(watch, path, IN_CREATE | IN_MODIFY | IN_ATTRIB | IN_MOVE | IN_DELETE) > 0);
    begin();
    int kernel = attach(1);
    put_u32(notification, 1);
    (void) make_reply(notification + 4, sizeof notification - 4, 0);
    tell(PORT_NOTIFY, 1, 0, notification, sizeof notification);
    tell_replay(2, REPLAY_CREATE, "a", file_mode, 4);
    tell_replay(3, REPLAY_MODIFY, "a", NULL, 0);
    tell_replay(4, REPLAY_ATTRIBUTES, "a", new_mode, 4);
    tell_replay(5, REPLAY_RENAME, "a", target, 5);
    tell_replay(6, REPLAY_DELETE, "b", plain, 1);
    tell_replay(7, REPLAY_DELETE, "../x", plain, 1);
    tell_replay(8, REPLAY_CREATE, "..", file_mode, 4);
    tell_replay(9, 77, "a", NULL, 0);
    tell_replay(10, REPLAY_MODIFY, "a", plain, 1);
    for (uint32_t i = 1; i <= 6; i++) {
        CHECK(hear_done(i) == 0);
    }
    CHECK(hear_done(7) == EXDEV && hear_done(8) == EINVAL && hear_done(9) == ENOSYS && hear_done(10) == EINVAL);
    kernel_gets(kernel, notification + 4, sizeof notification - 4);
    hear_event(watch, IN_CREATE, "a");
    hear_event(watch, IN_MODIFY, "a");
    hear_event(watch, IN_ATTRIB, "a");
    hear_event(watch, IN_MOVED_FROM, "a");
    hear_event(watch, IN_MOVED_TO, "b");
    hear_event(watch, IN_DELETE, "b");
    end();
    CHECK(close(watch) == 0 && close(fake_root) == 0 && rmdir(path) == 0);
    fake_root = -1;
}

void test_replays_follow_no_links_and_wait_for_no_fifo(void) {
    char path[] = "/tmp/thaw-agent-units-XXXXXX";
    struct stat status;
    uint8_t replay[64];
    CHECK(mkdtemp(path) != NULL);
    int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    CHECK(root >= 0 && mkdirat(root, "in", 0700) == 0 && symlinkat("/tmp", root, "out") == 0);
    CHECK(mkfifoat(root, "fifo", 0600) == 0 && symlinkat("in", root, "file") == 0);
    static const struct {
        uint8_t operation;
        const char *path;
        int error;
    } cases[] = {
        {REPLAY_MODIFY, "fifo", EINVAL}, {REPLAY_MODIFY, "file", EINVAL}, {REPLAY_MODIFY, "in", EINVAL},
        {REPLAY_MODIFY, "out/x", ELOOP}, {REPLAY_MODIFY, "/etc/passwd", EXDEV}, {REPLAY_MODIFY, "", EINVAL},
        {REPLAY_MODIFY, "in/", EINVAL}, {REPLAY_MODIFY, "in/../../x", EXDEV}, {REPLAY_MODIFY, "none/x", ENOENT},
        {REPLAY_MODIFY, ".", EINVAL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        replay[0] = cases[i].operation;
        CHECK(ground_replay(root, replay, 1 + put_text(replay + 1, cases[i].path)) == cases[i].error);
    }
    replay[0] = REPLAY_ATTRIBUTES;
    size_t length = 1 + put_text(replay + 1, "file");
    put_u32(replay + length, S_IFREG);
    CHECK(ground_replay(root, replay, length + 4) == EOPNOTSUPP);
    CHECK(fstatat(root, "in", &status, 0) == 0 && (status.st_mode & 07777) == 0700);
    CHECK(unlinkat(root, "in", AT_REMOVEDIR) == 0 && unlinkat(root, "out", 0) == 0 && unlinkat(root, "fifo", 0) == 0);
    CHECK(unlinkat(root, "file", 0) == 0 && close(root) == 0 && rmdir(path) == 0);
}

void test_a_hold_is_answered_when_all_is_done_and_nothing_follows(void) {
    static uint8_t request[LARGE_MAX];
    uint8_t notification[4 + FUSE_REPLY_MIN];
    begin();
    int kernel = attach(1);
    size_t length = make_request(request, 16, LARGE_MAX);
    CHECK(write(kernel, request, length) == (ssize_t) length);
    put_u32(notification, 9);
    (void) make_reply(notification + 4, FUSE_REPLY_MIN, 0);
    tell(PORT_NOTIFY, 1, 0, notification, sizeof notification);
    tell(PORT_HOLD, 1, 0, NULL, 0);
    bool done = false;
    size_t parts = 0;
    for (said.type = 0; said.type != PORT_HELD;) {
        time_t deadline = time(NULL) + WAIT_SECONDS;
        while (!has_frame()) {
            CHECK(!past(deadline));
            relay_turn();
        }
        done |= said.type == PORT_DONE;
        parts += said.type == PORT_PART ? said.length : 0;
    }
    CHECK(done && (parts == 0 || parts == length));
    CHECK(write(kernel, request, 100) == 100);
    hear_nothing();
    // A reply is taken all the same.
    size_t reply = make_reply(request, 20, 4);
    tell(PORT_MESSAGE, 1, 0, request, reply);
    kernel_gets(kernel, notification + 4, FUSE_REPLY_MIN);
    kernel_gets(kernel, request, reply);
    // A second one says that this was the last.
    tell(PORT_HOLD, 1, 0, NULL, 0);
    hear(PORT_HELD, 1);
    tell(PORT_GO, 1, 0, NULL, 0);
    hear(parts == 0 ? PORT_PART : PORT_MESSAGE, 1);
    end();
}

void test_a_sync_is_answered_when_it_is_done(void) {
    static const uint8_t sequence[4] = {7};
    begin();
    (void) attach(1);
    tell(PORT_SYNC, 1, 0, sequence, sizeof sequence);
    hear(PORT_DONE, 1);
    CHECK(said.length == 8 && get_u32(said.payload) == 7 && get_u32(said.payload + 4) == 0);
    end();
}

void test_another_hello_and_a_violation_end_all_shares(void) {
    static const uint8_t junk[FRAME_HEADER_SIZE] = {0, 0, 0, 0, 1, 0, 0, 0, 99};
    begin();
    int kernel = attach(2);
    (void) attach(5);
    // As a host does that has restored a checkpoint, which was held.
    if (random_below(2) == 0) {
        tell(PORT_HOLD, 1, 0, NULL, 0);
        hear(PORT_HELD, 1);
    }
    greet();
    char byte;
    CHECK(read(kernel, &byte, 1) == 0);
    (void) attach(2);
    tell_bytes(junk, sizeof junk);
    greet();
    (void) attach(2);
    end();
}

// Whatever comes, the relay ends with no share left over, and serves the next host.
void test_damaged_traffic_does_no_harm(void) {
    static uint8_t traffic[40000];
    size_t length = 0;
    begin();
    int kernels = fake_kernel_count();
    for (size_t frames = 1 + random_below(20); frames > 0; frames--) {
        uint8_t *at = traffic + length;
        uint32_t payload = (uint32_t) random_below(random_below(5) == 0 ? 1500 : 60);
        random_fill(at, FRAME_HEADER_SIZE + payload);
        put_u32(at + FRAME_LENGTH_AT, payload);
        put_u32(at + FRAME_STREAM_AT, 1 + (uint32_t) random_below(4));
        at[FRAME_TYPE_AT] = (uint8_t) (1 + random_below(14));
        at[FRAME_FLAG_AT] = at[FRAME_TYPE_AT] == PORT_PART ? (uint8_t) random_below(2) : 0;
        put_u16(at + FRAME_RESERVED_AT, 0);
        if (at[FRAME_TYPE_AT] == PORT_ATTACH || random_below(4) == 0) {
            payload = 26;
            put_u32(at + FRAME_LENGTH_AT, payload);
            at[FRAME_TYPE_AT] = PORT_ATTACH;
            (void) put_text(at + FRAME_HEADER_SIZE, "/data");
            (void) put_text(at + FRAME_HEADER_SIZE + 9, "web!!");
            put_u32(at + FRAME_HEADER_SIZE + 18, 0);
            put_u32(at + FRAME_HEADER_SIZE + 22, TRANSFER_MAX);
        }
        length += FRAME_HEADER_SIZE + payload;
    }
    tell_bytes(traffic, length);
    for (int i = kernels; i < fake_kernel_count(); i++) {
        if (random_below(2) == 0) {
            (void) write(fake_kernel(i), traffic, FUSE_REQUEST_MIN);
        }
    }
    relay_turn();
    if (random_below(2) == 0) {
        static const uint8_t zeros[FRAME_HEADER_SIZE + FRAME_PAYLOAD_MAX];
        tell_bytes(zeros, sizeof zeros); // ends the last frame, and is a violation
        greet();
    }
    end();
}

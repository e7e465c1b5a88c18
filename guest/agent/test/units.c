// SPDX-License-Identifier: Apache-2.0
// Seeded random tests and vectors of the agent's parsers and buffers: agent-units SEED ROUNDS
#include "units.h"

#include "environment.h"
#include "figures.h"
#include "listening.h"
#include "log.h"
#include "users.h"
#include "wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t seed, state;
static unsigned long round_number;
static const char *test_name = "start";

void check(bool holds, const char *condition, const char *file, int line) {
    if (!holds) {
        (void) fprintf(stderr, "%s:%d: %s does not hold in %s, seed %llu, round %lu\n", file, line, condition, test_name,
                       (unsigned long long) seed, round_number);
        exit(EXIT_FAILURE);
    }
}

uint64_t next_random(void) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 2685821657736338717u;
}

size_t random_below(size_t limit) {
    return (size_t) (next_random() >> 11) % limit;
}

void random_fill(uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        bytes[i] = (uint8_t) (next_random() >> 56);
    }
}

static void test_figures_are_found_by_the_whole_name_at_a_line_s_beginning(void) {
    static const char text[] = "\nMemTotal:      123 kB\nxoom_kill 4\nnot oom_kill 5\noom_kill_more 6\noom_kill 7\nlast 8";
    CHECK(figure(text, "MemTotal") == 123);
    CHECK(figure(text, "oom_kill") == 7);
    CHECK(figure(text, "last") == 8);
    CHECK(figure(text, "oom") == 0);
    CHECK(figure(text, "kB") == 0);
    CHECK(figure("", "last") == 0);
    CHECK(idle_nanoseconds("12.34 10.07\n") == 10070000000u);
    CHECK(idle_nanoseconds("12.34") == 0);
}

static void test_figures_never_read_past_the_text(void) {
    size_t length = random_below(40);
    char *text = malloc(length + 1);
    CHECK(text != NULL);
    for (size_t i = 0; i < length; i++) {
        text[i] = "ab: 1\n"[random_below(6)];
    }
    text[length] = 0;
    (void) figure(text, "ab");
    (void) idle_nanoseconds(text);
    free(text);
}

static void test_lists_of_strings_never_read_past_their_end(void) {
    // In an allocation of its own size, so that the sanitizer sees one byte too many.
    size_t length = random_below(80);
    uint8_t *bytes = malloc(length + 1);
    CHECK(bytes != NULL);
    random_fill(bytes, length);
    for (size_t i = 0; i + 4 <= length; i += 4 + random_below(8)) {
        put_u32(bytes + i, (uint32_t) random_below(6)); // plausible lengths here and there
    }
    struct reader r = reader_of(bytes, length);
    struct strings list;
    CHECK(read_strings(&r, &list));
    CHECK(r.bad || list.items[list.count] == NULL);
    size_t total = 0;
    for (uint32_t i = 0; i < list.count; i++) {
        total += strlen(list.items[i]) + 4;
    }
    CHECK(total <= length);
    strings_free(&list);
    free(bytes);
}

// The log against a plain list of what was appended.
static void test_the_log_keeps_the_last_mebibyte_of_records(void) {
    enum { RECORDS = 400 };
    static struct log log;
    static uint64_t offsets[RECORDS];
    static uint32_t lengths[RECORDS];
    static uint8_t bytes[LOG_LENGTH_MAX], copy[LOG_RECORD_MAX];
    uint64_t end = 0;
    size_t count = 1 + random_below(RECORDS);
    log_init(&log);
    for (size_t i = 0; i < count; i++) {
        lengths[i] = (uint32_t) (1 + random_below(random_below(3) == 0 ? LOG_LENGTH_MAX : 200));
        offsets[i] = end;
        memset(bytes, (int) i, lengths[i]);
        log_append(&log, LOG_OUTPUT, (int64_t) i, bytes, lengths[i]);
        end += LOG_HEADER_SIZE + lengths[i];
    }
    CHECK(log.end == end);
    CHECK(end - log.begin <= LOG_SIZE);
    CHECK(log.begin == 0 || end - log.begin > LOG_SIZE - LOG_RECORD_MAX - LOG_HEADER_SIZE);
    for (size_t i = 0; i < count; i++) {
        if (offsets[i] < log.begin) {
            CHECK(log_seek(&log, offsets[i]) == log.begin);
            continue;
        }
        CHECK(log_seek(&log, offsets[i]) == offsets[i]);
        CHECK(log_seek(&log, offsets[i] + 1) == offsets[i] + LOG_HEADER_SIZE + lengths[i]);
        CHECK(log_record_size(&log, offsets[i]) == LOG_HEADER_SIZE + lengths[i]);
        log_copy(&log, offsets[i], copy, LOG_HEADER_SIZE + lengths[i]);
        CHECK(copy[0] == LOG_OUTPUT && copy[1] == 0 && copy[2] == 0 && copy[3] == 0);
        CHECK(get_u64(copy + 8) == i);
        CHECK(copy[LOG_HEADER_SIZE] == (uint8_t) i && copy[LOG_HEADER_SIZE + lengths[i] - 1] == (uint8_t) i);
    }
}

static void write_file(const char *path, const char *text, size_t length) {
    FILE *file = fopen(path, "we");
    CHECK(file != NULL);
    CHECK(fwrite(text, 1, length, file) == length);
    CHECK(fclose(file) == 0);
}

static char passwd_path[64], group_path[64];

static int look_up(const char *spec, struct identity *who) {
    char message[200];
    return identity_of(spec, passwd_path, group_path, who, message, sizeof message);
}

static void test_users_are_found_as_images_name_them(void) {
    static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n# a comment:x:7:7\nbroken\n"
                                 "redis:x:999:998:,,,:/data:/bin/false\n1234:x:55:56::/numeric:\nhomeless:x:60:61\n";
    static const char groups[] = "root:x:0:\nredis:x:998:\ntty:x:5:other,redis\naudio:x:29:redis2,redi,redis\nempty:x:70\n";
    struct identity who;
    write_file(passwd_path, passwd, sizeof passwd - 1);
    write_file(group_path, groups, sizeof groups - 1);
    CHECK(look_up("", &who) == 0 && who.uid == 0 && who.gid == 0 && strcmp(who.home, "/root") == 0);
    CHECK(look_up("redis", &who) == 0 && who.uid == 999 && who.gid == 998 && strcmp(who.home, "/data") == 0);
    CHECK(who.group_count == 2 && who.groups[0] == 5 && who.groups[1] == 29);
    CHECK(look_up("999", &who) == 0 && who.gid == 998 && who.group_count == 2);
    CHECK(look_up("redis:tty", &who) == 0 && who.uid == 999 && who.gid == 5 && who.group_count == 0);
    CHECK(look_up("4321:77", &who) == 0 && who.uid == 4321 && who.gid == 77 && strcmp(who.home, "/") == 0);
    CHECK(look_up("4321", &who) == 0 && who.uid == 4321 && who.gid == 0);
    CHECK(look_up("1234", &who) == 0 && who.uid == 55 && strcmp(who.home, "/numeric") == 0);
    CHECK(look_up("homeless", &who) == 0 && who.uid == 60 && strcmp(who.home, "/") == 0);
    CHECK(look_up(":tty", &who) == 0 && who.uid == 0 && who.gid == 5);
    CHECK(look_up("nobody", &who) == ENOENT);
    CHECK(look_up("redis:nogroup", &who) == ENOENT);
    CHECK(look_up("4294967295", &who) == EINVAL);
    CHECK(look_up("99999999999999999999", &who) == EINVAL);
    CHECK(look_up("0:99999999999999999999", &who) == EINVAL);
}

static void test_hostile_user_files_do_no_harm(void) {
    static const char alphabet[] = "redis0123456789::::,,\n\n#x/";
    char text[400];
    size_t length = random_below(sizeof text);
    for (size_t i = 0; i < length; i++) {
        text[i] = alphabet[random_below(sizeof alphabet)]; // its NUL too
    }
    struct identity who;
    write_file(passwd_path, text, length);
    write_file(group_path, text, length);
    (void) look_up("redis", &who);
    (void) look_up("0", &who);
    (void) look_up("redis:redis", &who);
    CHECK(who.group_count <= GROUPS_MAX);
}

// Lines of a 6.1 kernel.
static void test_listening_ports_are_read_from_the_kernels_tables(void) {
    static const char *const lines[] = {
        "   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   999        0 1043 1",
        "   1: 00000000:18EB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1044 1",
        "   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000",
        "   1: 00000000000000000000000001000000:1538 00000000000000000000000000000000:0000 0A 00000000:00000000",
        "   2: 0000000000000000FFFF00000100007F:0050 00000000000000000000000000000000:0000 0A 00000000:00000000",
        "  10: 0200000A:0051 00000000:0000 0A 00000000:00000000 00:00000000 00000000   999        0 1043 1",
    };
    uint8_t result[LISTENING_SIZE_MAX];
    struct ports ports = {{0}};
    struct writer w = writer_to(result, sizeof result);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        CHECK(ports_add_line(&ports, lines[i]));
    }
    CHECK(!ports_add_line(&ports, "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid"));
    CHECK(!ports_add_line(&ports, "   0: 0100007F:1539 0100007F:BBBE 01 00000000:00000000 00:00000000 00000000   999"));
    CHECK(!ports_add_line(&ports, "   0: 0100007F:15"));
    ports_put(&ports, &w);
    static const uint8_t expected[] = {4, 0, 0, 0, 0x50, 0, 0x38, 0x15, 0xeb, 0x18, 0x90, 0x1f};
    CHECK(!w.bad && w.length == sizeof expected && memcmp(result, expected, sizeof expected) == 0);
    char line[91] = {0};
    memcpy(line, lines[random_below(6)], sizeof line - 1);
    line[random_below(sizeof line - 1)] = (char) (next_random() >> 57);
    (void) ports_add_line(&ports, line);
}

static void test_the_environment_replaces_by_name_and_keeps_order(void) {
    char a[] = "A=1", path[] = "PATH=/bin", again[] = "A=2", home[] = "HOME=/x", prefix[] = "AB=3";
    char *base_items[] = {a, path, NULL}, *more_items[] = {prefix, again, NULL};
    struct strings base = {base_items, 2}, more = {more_items, 2};
    char **env = environment_merge(&base, &more, home);
    CHECK(env != NULL && env[0] == again && env[1] == path && env[2] == prefix && env[3] == home && env[4] == NULL);
    CHECK(strcmp(environment_get(env, "A"), "2") == 0 && environment_get(env, "AA") == NULL);
    free(env);
}

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
    {"figures_are_found_by_the_whole_name_at_a_line_s_beginning",
     test_figures_are_found_by_the_whole_name_at_a_line_s_beginning},
    {"figures_never_read_past_the_text", test_figures_never_read_past_the_text},
    {"lists_of_strings_never_read_past_their_end", test_lists_of_strings_never_read_past_their_end},
    {"the_log_keeps_the_last_mebibyte_of_records", test_the_log_keeps_the_last_mebibyte_of_records},
    {"users_are_found_as_images_name_them", test_users_are_found_as_images_name_them},
    {"hostile_user_files_do_no_harm", test_hostile_user_files_do_no_harm},
    {"listening_ports_are_read_from_the_kernels_tables", test_listening_ports_are_read_from_the_kernels_tables},
    {"the_environment_replaces_by_name_and_keeps_order", test_the_environment_replaces_by_name_and_keeps_order},
    {"any_split_gives_the_same_frames", test_any_split_gives_the_same_frames},
    {"random_frames_keep_the_mux_within_its_bounds", test_random_frames_keep_the_mux_within_its_bounds},
    {"damaged_frames_are_violations_or_harmless", test_damaged_frames_are_violations_or_harmless},
    {"shares_are_attached_refused_and_detached", test_shares_are_attached_refused_and_detached},
    {"messages_arrive_whole_and_in_order", test_messages_arrive_whole_and_in_order},
    {"a_flush_is_answered_by_the_relay_until_a_posix_lock_is_asked_for",
     test_a_flush_is_answered_by_the_relay_until_a_posix_lock_is_asked_for},
    {"the_end_of_a_listing_is_answered_by_the_relay", test_the_end_of_a_listing_is_answered_by_the_relay},
    {"attributes_are_asked_of_the_host_only_if_they_are_a_users",
     test_attributes_are_asked_of_the_host_only_if_they_are_a_users},
    {"notifications_and_replays_are_done_in_order", test_notifications_and_replays_are_done_in_order},
    {"replays_follow_no_links_and_wait_for_no_fifo", test_replays_follow_no_links_and_wait_for_no_fifo},
    {"a_sync_is_answered_when_it_is_done", test_a_sync_is_answered_when_it_is_done},
    {"a_hold_is_answered_when_all_is_done_and_nothing_follows",
     test_a_hold_is_answered_when_all_is_done_and_nothing_follows},
    {"another_hello_and_a_violation_end_all_shares", test_another_hello_and_a_violation_end_all_shares},
    {"damaged_traffic_does_no_harm", test_damaged_traffic_does_no_harm},
};

static void make_path(char path[64]) {
    strcpy(path, "/tmp/thaw-agent-units-XXXXXX");
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK(close(fd) == 0);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        (void) fprintf(stderr, "usage: agent-units SEED ROUNDS\n");
        return EXIT_FAILURE;
    }
    seed = strtoull(argv[1], NULL, 10);
    unsigned long rounds = strtoul(argv[2], NULL, 10);
    make_path(passwd_path);
    make_path(group_path);
    for (round_number = 0; round_number < rounds; round_number++) {
        // Each round has a state of its own: a failure is replayed by its seed alone, whatever came before.
        state = (seed + round_number) * 0x9e3779b97f4a7c15u | 1;
        for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
            test_name = tests[i].name;
            tests[i].run();
        }
    }
    CHECK(unlink(passwd_path) == 0 && unlink(group_path) == 0);
    (void) printf("%lu rounds of %zu tests from seed %llu\n", rounds, sizeof tests / sizeof tests[0],
                  (unsigned long long) seed);
    return EXIT_SUCCESS;
}

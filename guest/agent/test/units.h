// SPDX-License-Identifier: Apache-2.0
// A check that fails names itself, the seed and the round, and ends the program.
#ifndef THAW_UNITS_H
#define THAW_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHECK(condition) check((condition), #condition, __FILE__, __LINE__)
void check(bool holds, const char *condition, const char *file, int line);
// The seeded generator: xorshift64*.
uint64_t next_random(void);
// From 0 to limit - 1.
size_t random_below(size_t limit);
void random_fill(uint8_t *bytes, size_t length);

// units_mux.c
void test_any_split_gives_the_same_frames(void);
void test_random_frames_keep_the_mux_within_its_bounds(void);
void test_damaged_frames_are_violations_or_harmless(void);

// units_share.c
void test_shares_are_attached_refused_and_detached(void);
void test_messages_arrive_whole_and_in_order(void);
void test_a_flush_is_answered_by_the_relay_until_a_posix_lock_is_asked_for(void);
void test_the_end_of_a_listing_is_answered_by_the_relay(void);
void test_attributes_are_asked_of_the_host_only_if_they_are_a_users(void);
void test_notifications_and_replays_are_done_in_order(void);
void test_replays_follow_no_links_and_wait_for_no_fifo(void);
void test_a_sync_is_answered_when_it_is_done(void);
void test_a_hold_is_answered_when_all_is_done_and_nothing_follows(void);
void test_another_hello_and_a_violation_end_all_shares(void);
void test_damaged_traffic_does_no_harm(void);

#endif

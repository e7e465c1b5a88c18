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

#endif

// SPDX-License-Identifier: Apache-2.0
// The channel's primitive types (docs/guest-channel.md, beginning): little-endian integers, bytes, strings, lists.
// Readers and writers never go past their end; they remember that they would have, and the caller asks once.
#ifndef THAW_WIRE_H
#define THAW_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
    const uint8_t *at;
    size_t left;
    bool bad;
};

struct bytes {
    const uint8_t *at;
    uint32_t length;
};

// NUL-terminated strings and a NULL behind the last, in one allocation that starts at items.
struct strings {
    char **items;
    uint32_t count;
};

struct reader reader_of(const uint8_t *bytes, size_t length);
uint8_t read_u8(struct reader *r);
uint16_t read_u16(struct reader *r);
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
struct bytes read_fixed(struct reader *r, uint32_t length);
struct bytes read_bytes(struct reader *r);
// The strings' own copy. Empty and without allocation when the reader is bad. Sets bad for a NUL inside. Returns
// false only when memory is short.
bool read_string(struct reader *r, char **string);
bool read_strings(struct reader *r, struct strings *list);
void strings_free(struct strings *list);
// All read, nothing left over, nothing missing.
bool reader_done(const struct reader *r);

struct writer {
    uint8_t *at;
    size_t length, capacity;
    bool bad;
};

struct writer writer_to(uint8_t *bytes, size_t capacity);
void write_u8(struct writer *w, uint8_t value);
void write_u16(struct writer *w, uint16_t value);
void write_u32(struct writer *w, uint32_t value);
void write_u64(struct writer *w, uint64_t value);

uint16_t get_u16(const uint8_t *at);
uint32_t get_u32(const uint8_t *at);
uint64_t get_u64(const uint8_t *at);
void put_u16(uint8_t *at, uint16_t value);
void put_u32(uint8_t *at, uint32_t value);
void put_u64(uint8_t *at, uint64_t value);

#endif

// SPDX-License-Identifier: Apache-2.0
#include "wire.h"

#include <stdlib.h>
#include <string.h>

uint16_t get_u16(const uint8_t *at) {
    return (uint16_t) (at[0] | at[1] << 8);
}

uint32_t get_u32(const uint8_t *at) {
    return (uint32_t) get_u16(at) | (uint32_t) get_u16(at + 2) << 16;
}

uint64_t get_u64(const uint8_t *at) {
    return (uint64_t) get_u32(at) | (uint64_t) get_u32(at + 4) << 32;
}

void put_u16(uint8_t *at, uint16_t value) {
    at[0] = (uint8_t) value;
    at[1] = (uint8_t) (value >> 8);
}

void put_u32(uint8_t *at, uint32_t value) {
    put_u16(at, (uint16_t) value);
    put_u16(at + 2, (uint16_t) (value >> 16));
}

void put_u64(uint8_t *at, uint64_t value) {
    put_u32(at, (uint32_t) value);
    put_u32(at + 4, (uint32_t) (value >> 32));
}

struct reader reader_of(const uint8_t *bytes, size_t length) {
    return (struct reader) {.at = bytes, .left = length};
}

struct bytes read_fixed(struct reader *r, uint32_t length) {
    struct bytes taken = {0};
    if (r->bad || r->left < length) {
        r->bad = true;
        return taken;
    }
    taken.at = r->at;
    taken.length = length;
    r->at += length;
    r->left -= length;
    return taken;
}

uint8_t read_u8(struct reader *r) {
    struct bytes b = read_fixed(r, 1);
    return r->bad ? 0 : b.at[0];
}

uint16_t read_u16(struct reader *r) {
    struct bytes b = read_fixed(r, 2);
    return r->bad ? 0 : get_u16(b.at);
}

uint32_t read_u32(struct reader *r) {
    struct bytes b = read_fixed(r, 4);
    return r->bad ? 0 : get_u32(b.at);
}

uint64_t read_u64(struct reader *r) {
    struct bytes b = read_fixed(r, 8);
    return r->bad ? 0 : get_u64(b.at);
}

struct bytes read_bytes(struct reader *r) {
    uint32_t length = read_u32(r);
    return read_fixed(r, length);
}

static struct bytes read_text(struct reader *r) {
    struct bytes text = read_bytes(r);
    if (!r->bad && text.length > 0 && memchr(text.at, 0, text.length) != NULL) {
        r->bad = true;
    }
    return text;
}

bool read_string(struct reader *r, char **string) {
    struct bytes text = read_text(r);
    *string = NULL;
    if (r->bad) {
        return true;
    }
    char *copy = malloc((size_t) text.length + 1);
    if (copy == NULL) {
        return false;
    }
    if (text.length > 0) {
        memcpy(copy, text.at, text.length);
    }
    copy[text.length] = 0;
    *string = copy;
    return true;
}

// Walks the list once without keeping anything, so that one allocation of the right size can follow.
static size_t text_size_of_list(struct reader r, uint32_t count) {
    size_t size = 0;
    for (uint32_t i = 0; i < count && !r.bad; i++) {
        size += (size_t) read_text(&r).length + 1;
    }
    return r.bad ? 0 : size;
}

bool read_strings(struct reader *r, struct strings *list) {
    *list = (struct strings) {0};
    uint32_t count = read_u32(r);
    // Each string takes at least its own length field: a larger count is a lie, found before anything is allocated.
    if (r->bad || count > r->left / 4) {
        r->bad = true;
        return true;
    }
    size_t text = text_size_of_list(*r, count);
    if (count > 0 && text == 0) {
        r->bad = true;
        return true;
    }
    char **items = malloc(((size_t) count + 1) * sizeof(char *) + text);
    if (items == NULL) {
        return false;
    }
    char *to = (char *) (items + count + 1);
    for (uint32_t i = 0; i < count; i++) {
        struct bytes one = read_text(r);
        items[i] = to;
        if (one.length > 0) {
            memcpy(to, one.at, one.length);
        }
        to[one.length] = 0;
        to += (size_t) one.length + 1;
    }
    items[count] = NULL;
    list->items = items;
    list->count = count;
    return true;
}

void strings_free(struct strings *list) {
    free(list->items);
    *list = (struct strings) {0};
}

bool reader_done(const struct reader *r) {
    return !r->bad && r->left == 0;
}

struct writer writer_to(uint8_t *bytes, size_t capacity) {
    return (struct writer) {.at = bytes, .capacity = capacity};
}

static uint8_t *claim(struct writer *w, size_t length) {
    if (w->bad || w->capacity - w->length < length) {
        w->bad = true;
        return NULL;
    }
    uint8_t *at = w->at + w->length;
    w->length += length;
    return at;
}

void write_u8(struct writer *w, uint8_t value) {
    uint8_t *at = claim(w, 1);
    if (at != NULL) {
        at[0] = value;
    }
}

void write_u16(struct writer *w, uint16_t value) {
    uint8_t *at = claim(w, 2);
    if (at != NULL) {
        put_u16(at, value);
    }
}

void write_u32(struct writer *w, uint32_t value) {
    uint8_t *at = claim(w, 4);
    if (at != NULL) {
        put_u32(at, value);
    }
}

void write_u64(struct writer *w, uint64_t value) {
    uint8_t *at = claim(w, 8);
    if (at != NULL) {
        put_u64(at, value);
    }
}

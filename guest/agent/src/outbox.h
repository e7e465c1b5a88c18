// SPDX-License-Identifier: Apache-2.0
// What goes to the host. Its size is a bound that the protocol's own limits keep (see OUTBOX_SIZE), so that adding a
// control frame can't fail; DATA is only made while outbox_takes_data says so.
#ifndef THAW_OUTBOX_H
#define THAW_OUTBOX_H

#include "frames.h"

#include <stdbool.h>
#include <stddef.h>

// DATA is made up to the first mark, requests are read up to the second. What can still come on top, with nothing read:
// one reply (under 16 KiB) and, for each of 1024 streams, OPENED, two WINDOW, two EOF and an END or RESET of at most
// RESET_TEXT_MAX bytes: under 512 KiB together.
#define OUTBOX_DATA_MARK (128u * 1024)
#define OUTBOX_REQUEST_MARK (256u * 1024)
#define OUTBOX_SIZE (1024u * 1024)
#define RESET_TEXT_MAX 255u

struct outbox {
    size_t start, end;
    uint8_t bytes[OUTBOX_SIZE];
};

void outbox_clear(struct outbox *out);
size_t outbox_used(const struct outbox *out);
bool outbox_takes_data(const struct outbox *out);
bool outbox_takes_requests(const struct outbox *out);
void outbox_bytes(struct outbox *out, const uint8_t *bytes, size_t length);
void outbox_frame(struct outbox *out, uint8_t type, uint8_t flag, uint32_t stream, const uint8_t *payload,
                  uint32_t length);
// Where the payload of a frame may be put, up to FRAME_PAYLOAD_MAX bytes, before outbox_commit_data makes it a frame.
uint8_t *outbox_data(struct outbox *out);
void outbox_commit_data(struct outbox *out, uint8_t flag, uint32_t stream, uint32_t length);

#endif

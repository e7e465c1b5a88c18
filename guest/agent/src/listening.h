// SPDX-License-Identifier: Apache-2.0
// Which TCP ports are listening, from the kernel's tables (docs/guest-channel.md, "LISTENING").
#ifndef THAW_LISTENING_H
#define THAW_LISTENING_H

#include "wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LISTENING_MAX 4096u
// list<u16> of that many
#define LISTENING_SIZE_MAX (4u + 2u * LISTENING_MAX)

struct ports {
    uint8_t bits[65536 / 8];
};

// Adds the ports of one line of /proc/net/tcp or tcp6. False when the line is not about a listening socket.
bool ports_add_line(struct ports *ports, const char *line);
void ports_put(const struct ports *ports, struct writer *w);

#endif

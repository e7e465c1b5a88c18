// SPDX-License-Identifier: Apache-2.0
// The host's DATA on its way to a descriptor that does not take it all at once. Never holds more than a window.
#ifndef THAW_INLET_H
#define THAW_INLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inlet {
    uint8_t *bytes; // CREDIT_MAX of them, or NULL until they are needed
    size_t start, end;
};

// False when memory is short. The credit keeps length within the room that is left.
bool inlet_put(struct inlet *in, const uint8_t *bytes, size_t length);
size_t inlet_used(const struct inlet *in);
void inlet_taken(struct inlet *in, size_t length);
void inlet_free(struct inlet *in);

#endif

// SPDX-License-Identifier: Apache-2.0
#include "inlet.h"

#include "frames.h"

#include <stdlib.h>
#include <string.h>

bool inlet_put(struct inlet *in, const uint8_t *bytes, size_t length) {
    if (in->bytes == NULL) {
        in->bytes = malloc(CREDIT_MAX);
        if (in->bytes == NULL) {
            return false;
        }
    }
    if (CREDIT_MAX - in->end < length) {
        memmove(in->bytes, in->bytes + in->start, inlet_used(in));
        in->end -= in->start;
        in->start = 0;
    }
    if (CREDIT_MAX - in->end < length) {
        return false;
    }
    memcpy(in->bytes + in->end, bytes, length);
    in->end += length;
    return true;
}

size_t inlet_used(const struct inlet *in) {
    return in->end - in->start;
}

void inlet_taken(struct inlet *in, size_t length) {
    in->start += length;
    if (in->start == in->end) {
        in->start = 0;
        in->end = 0;
    }
}

void inlet_free(struct inlet *in) {
    free(in->bytes);
    *in = (struct inlet) {0};
}

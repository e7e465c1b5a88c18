// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: a host's bytes, the first of which says how they are split into reads.
#include "fake_kinds.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static struct bench bench;
    if (length < 2) {
        return 0;
    }
    size_t part = 1 + (size_t) bytes[0] * 8;
    // The second byte says whether a hello has been there, which the fuzzer would take long to find.
    bool greeted = (bytes[1] & 1) == 0;
    bytes += 2;
    length -= 2;
    bench_init(&bench);
    if (greeted) {
        inbox_cut(&bench.in);
        bench.mux.resumed = true;
    }
    while (length > 0) {
        size_t now = length < part ? length : part;
        if (!bench_feed(&bench, bytes, now)) {
            break;
        }
        loop_turn(&bench.loop, 0);
        bytes += now;
        length -= now;
    }
    bench_close(&bench);
    if (fake_streams != 0) {
        abort();
    }
    return 0;
}

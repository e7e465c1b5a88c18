// SPDX-License-Identifier: Apache-2.0
// Prints the frequency of this machine's time stamp counter in kHz. Runs on the host, not in the guest.
//
// An emulated guest counts the host's ticks, and finds out how fast they are by timing them against an emulated timer.
// On a busy host that fails, and the kernel hangs early in its boot; so it is told.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <x86intrin.h>

#define ATTEMPTS 2000
#define PAUSE_NS 50000000
#define NS_PER_SECOND 1000000000
#define KHZ_PER_GHZ 1000000u

struct moment {
    uint64_t ticks;
    int64_t ns;
};

// The attempt that took the fewest ticks was not interrupted between its two readings.
static struct moment now(void) {
    struct moment best = {0};
    uint64_t narrowest = UINT64_MAX;
    for (int i = 0; i < ATTEMPTS; i++) {
        struct timespec t;
        uint64_t before = __rdtsc();
        // The raw clock: the other one is being slewed at times.
        if (clock_gettime(CLOCK_MONOTONIC_RAW, &t) != 0) {
            perror("host-tsc: clock_gettime");
            exit(EXIT_FAILURE);
        }
        uint64_t after = __rdtsc();
        if (after - before < narrowest) {
            narrowest = after - before;
            best.ticks = before + (after - before) / 2;
            best.ns = (int64_t) t.tv_sec * NS_PER_SECOND + t.tv_nsec;
        }
    }
    return best;
}

int main(void) {
    struct moment start = now();
    struct timespec pause = {.tv_nsec = PAUSE_NS};
    // Cut short by a signal it is still a pause.
    (void) nanosleep(&pause, NULL);
    struct moment end = now();
    uint64_t ns = (uint64_t) (end.ns - start.ns);
    return printf("%llu\n", (unsigned long long) ((end.ticks - start.ticks) * KHZ_PER_GHZ / ns)) > 0 ? EXIT_SUCCESS
                                                                                                     : EXIT_FAILURE;
}

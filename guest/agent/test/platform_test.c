// SPDX-License-Identifier: Apache-2.0
// The machine as the tests have it: everything succeeds and is told on standard error, one line each, so that a test can
// see what would have been done and in which order.
#include "console.h"
#include "platform.h"
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int platform_set_clock(int64_t seconds, uint32_t nanoseconds) {
    report("set clock %lld.%09u", (long long) seconds, nanoseconds);
    return 0;
}

int platform_add_entropy(const uint8_t entropy[ENTROPY_SIZE]) {
    report("add entropy %02x..%02x", entropy[0], entropy[ENTROPY_SIZE - 1]);
    return 0;
}

int platform_set_names(const char *host_name, const uint8_t machine_id[ID_SIZE], const uint8_t boot_id[ID_SIZE]) {
    report("set names %s %02x..%02x %02x..%02x", host_name, machine_id[0], machine_id[ID_SIZE - 1], boot_id[0],
           boot_id[ID_SIZE - 1]);
    return 0;
}

int platform_freeze(bool (*given_up)(const void *of), const void *of) {
    report("freeze");
    return given_up(of) ? ECANCELED : 0;
}

int platform_thaw(void) {
    report("thaw");
    return 0;
}

int platform_settle(bool to_stay) {
    report(to_stay ? "settle to stay" : "settle");
    return 0;
}

int open_console(unsigned *skip) {
    *skip = 3; // "<3>"
    return fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
}

// Through exit, so that the leak check runs.
void power_off(void) {
    report("power off");
    exit(EXIT_SUCCESS);
}

// SPDX-License-Identifier: Apache-2.0
// What the agent does to the machine that it is PID 1 of. Tests have a second implementation that only notes what it was
// told (test/platform_test.c). Each returns 0 or an errno and takes care to be quick: RESUME waits for all of them.
#ifndef THAW_PLATFORM_H
#define THAW_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#define ENTROPY_SIZE 64
#define ID_SIZE 16
#define HOST_NAME_MAX_LENGTH 64

// The service's cgroup (its folder is returned, open) and what else RESUME and QUIESCE need at hand. For the boot: what
// fails ends it.
int platform_init(void);

int platform_set_clock(int64_t seconds, uint32_t nanoseconds);
int platform_add_entropy(const uint8_t entropy[ENTROPY_SIZE]);
int platform_set_names(const char *host_name, const uint8_t machine_id[ID_SIZE], const uint8_t boot_id[ID_SIZE]);
// Freezes everything but the agent and waits until it is, at most five seconds (ETIMEDOUT). Stops waiting (ECANCELED)
// when given_up says so.
int platform_freeze(bool (*given_up)(const void *of), const void *of);
// Lets run what was frozen. Nothing to do if nothing was.
int platform_thaw(void);
// What has to be done when everything but the agent is frozen. to_stay: for a snapshot that is kept, which is worth some time.
int platform_settle(bool to_stay);

#endif

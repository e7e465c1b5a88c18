// SPDX-License-Identifier: Apache-2.0
// A kernel for the relay: /dev/fuse is one end of a pair of sockets that keep messages apart, and the mount a folder of the
// test's. Users are not looked up, and a mount point "/refused" can't be mounted on.
#ifndef THAW_FAKE_GROUND_H
#define THAW_FAKE_GROUND_H

#include "share/ground.h"

#include <stdatomic.h>

#define FAKE_UID 33
#define FAKE_GID 34
// How many connections a test may make between two calls of fake_ground_reset.
#define FAKE_KERNELS_MAX 4096

// The folder that every share's replays go to. -1: there is none, and replays fail, as they must where they are random.
extern int fake_root;
// Mounted and not yet unmounted.
extern atomic_int fake_mounted;
// The kernel's end of the share that was mounted as the nth since the reset, non-blocking; -1 until it is.
int fake_kernel(int nth);
int fake_kernel_count(void);
// Closes all kernel's ends.
void fake_ground_reset(void);

#endif

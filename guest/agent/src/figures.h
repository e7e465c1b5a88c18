// SPDX-License-Identifier: Apache-2.0
// Numbers in the text of files below /proc.
#ifndef THAW_FIGURES_H
#define THAW_FIGURES_H

#include <stdint.h>

// The number behind a name at the beginning of a line ("MemTotal:   123 kB", "oom_kill 3"); 0 if there is no such line.
uint64_t figure(const char *text, const char *name);
// The second number of /proc/uptime ("12.34 10.01"), in nanoseconds: what all CPUs together have idled since boot.
uint64_t idle_nanoseconds(const char *text);

#endif

// SPDX-License-Identifier: Apache-2.0
// Where the last words go, and the end of the machine. Needs nothing else of the agent. The test build has a second
// implementation (test/platform_test.c), which must do neither to the machine that builds.
#ifndef THAW_CONSOLE_H
#define THAW_CONSOLE_H

// A descriptor to write a line to, which the caller closes, and how many bytes of priority to leave out: the kernel's log.
int open_console(unsigned *skip);
// Switches the machine off at once; a process that is not PID 1 ends alone. The test build ends the process instead.
__attribute__((noreturn)) void power_off(void);

#endif

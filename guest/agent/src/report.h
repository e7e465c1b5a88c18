// SPDX-License-Identifier: Apache-2.0
// The agent's own voice: the kernel's log, which shows on the serial console at error level even with `quiet`.
#ifndef THAW_REPORT_H
#define THAW_REPORT_H

// One line at error level. Works before /dev exists (then on standard error) and never fails.
__attribute__((format(printf, 1, 2))) void report(const char *format, ...);
// The same, and then the machine is switched off: an agent that can't go on must not leave a guest that nobody serves.
__attribute__((format(printf, 1, 2), noreturn)) void fatal(const char *format, ...);

#endif

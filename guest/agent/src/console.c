// SPDX-License-Identifier: Apache-2.0
#include "console.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/reboot.h>
#include <unistd.h>

int open_console(unsigned *skip) {
    int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        *skip = 3; // "<3>"
        fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    }
    return fd;
}

void power_off(void) {
    if (getpid() != 1) {
        _exit(EXIT_FAILURE); // the relay of shared folders: its end is no reason to end the machine
    }
    (void) reboot(RB_POWER_OFF);
    // A machine that has no way to switch itself off is told to reset, which QEMU's -no-reboot makes an end.
    (void) reboot(RB_AUTOBOOT);
    for (;;) {
        (void) pause();
    }
}

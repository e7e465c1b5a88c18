// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include "console.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void say(const char *format, va_list arguments) {
    // "<3>" is the priority KERN_ERR (linux/kern_levels.h); /dev/kmsg cuts a record at about 1000 bytes.
    char line[900] = "<3>thaw-agent: ";
    size_t prefix = strlen(line);
    int n = vsnprintf(line + prefix, sizeof line - prefix - 1, format, arguments);
    if (n < 0) {
        return;
    }
    size_t length = strlen(line);
    line[length++] = '\n';
    unsigned skip = 0;
    int fd = open_console(&skip);
    if (fd >= 0) {
        // There is no other place to complain to if this fails.
        ssize_t written = write(fd, line + skip, length - skip);
        (void) written;
        (void) close(fd);
    }
}

void report(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

void fatal(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    power_off();
}

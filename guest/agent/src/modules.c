// SPDX-License-Identifier: Apache-2.0
#include "boot.h"
#include "files.h"
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FOLDER "/lib/modules"
#define ORDER_MAX 65536

static void load_module(const char *name) {
    char path[256];
    int n = snprintf(path, sizeof path, FOLDER "/%s", name);
    if (n < 0 || (size_t) n >= sizeof path) {
        fatal("%s/order: the name %.40s... is too long", FOLDER, name);
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        fatal("open the module %s: %s", path, strerror(errno));
    }
    if (syscall(SYS_finit_module, fd, "", 0) != 0 && errno != EEXIST) {
        fatal("load the module %s: %s", path, strerror(errno));
    }
    (void) close(fd);
}

void load_modules(void) {
    size_t length;
    char *order = file_read(FOLDER "/order", ORDER_MAX, &length);
    if (order == NULL) {
        fatal("read %s/order: %s", FOLDER, strerror(errno));
    }
    char *rest = order, *line;
    while ((line = strsep(&rest, "\n")) != NULL) {
        if (*line != 0) {
            load_module(line);
        }
    }
    free(order);
}

// SPDX-License-Identifier: Apache-2.0
#include "fake_ground.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOCKET_BUFFER (4 * 1024 * 1024)

int fake_root = -1;
atomic_int fake_mounted;
static atomic_int kernels[FAKE_KERNELS_MAX];
static atomic_int kernel_count;

int fake_kernel(int nth) {
    return nth >= 0 && nth < kernel_count ? kernels[nth] : -1;
}

int fake_kernel_count(void) {
    return kernel_count;
}

void fake_ground_reset(void) {
    for (int i = 0; i < kernel_count; i++) {
        if (kernels[i] >= 0) {
            (void) close(kernels[i]);
        }
    }
    kernel_count = 0;
}

void ground_init(void) {
}

int ground_mount(struct ground *g, char message[GROUND_MESSAGE_MAX]) {
    int pair[2], size = SOCKET_BUFFER;
    if (strcmp(g->where, "/refused") == 0 || kernel_count == FAKE_KERNELS_MAX) {
        strcpy(message, "mount the share on /refused: No such device or address");
        return ENXIO;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) {
        abort();
    }
    for (int i = 0; i < 2; i++) {
        if (setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size) != 0) {
            abort();
        }
    }
    g->device = pair[0];
    g->abort = fcntl(pair[0], F_DUPFD_CLOEXEC, 3);
    struct stat status;
    if (fake_root >= 0 && fstat(fake_root, &status) == 0) {
        g->dev = status.st_dev;
    }
    g->uid = FAKE_UID;
    g->gid = FAKE_GID;
    fake_mounted++;
    kernels[kernel_count] = pair[1];
    kernel_count++;
    return 0;
}

void ground_unmount(const struct ground *g) {
    (void) g;
    fake_mounted--;
}

void ground_abort(const struct ground *g) {
    (void) shutdown(g->abort, SHUT_RDWR);
}

void ground_read_ahead(const struct ground *g) {
    (void) g;
}

int ground_sync(const struct ground *g) {
    (void) g;
    return 0;
}

int ground_root(const struct ground *g, bool to_write) {
    (void) g;
    if (!to_write) {
        return open("/", O_PATH | O_CLOEXEC); // only looked at
    }
    errno = ENODEV;
    return fake_root < 0 ? -1 : fcntl(fake_root, F_DUPFD_CLOEXEC, 3);
}

// SPDX-License-Identifier: Apache-2.0
#include "boot.h"
#include "files.h"
#include "report.h"
#include "uapi.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 30000
#define PORTS "/sys/class/virtio-ports"
#define BLOCK "/sys/block"
#define READ_AHEAD_KB "2048"

// linux/netlink.h, struct sockaddr_nl
struct netlink_address {
    uint16_t family, pad;
    uint32_t pid, groups;
};

static int64_t now_ms(void) {
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
        fatal("clock_gettime: %s", strerror(errno));
    }
    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int open_uevents(void) {
    struct netlink_address address = {.family = AF_NETLINK, .groups = 1};
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, THAW_NETLINK_KOBJECT_UEVENT);
    if (fd < 0 || bind(fd, (const struct sockaddr *) &address, sizeof address) != 0) {
        fatal("listen for the kernel's device events: %s", strerror(errno));
    }
    return fd;
}

// Looks, and looks again whenever the kernel says that some device has come or changed, and at least every 20 ms. What it
// says is not read: only that something happened matters.
static void wait_until(bool (*there)(void *of), void *of, const char *what) {
    if (there(of)) {
        return;
    }
    int64_t deadline = now_ms() + WAIT_MS;
    int uevents = open_uevents();
    while (!there(of)) {
        char ignored[4096];
        int64_t left = deadline - now_ms();
        struct pollfd event = {.fd = uevents, .events = POLLIN};
        // A short cap: whether the host has connected to the port changes without a uevent, and nobody has heard of what
        // came between the first look and the listening.
        if (left <= 0) {
            fatal("%s has not appeared within %d seconds", what, WAIT_MS / 1000);
        }
        if (poll(&event, 1, left < 20 ? (int) left : 20) < 0 && errno != EINTR) {
            fatal("wait for %s: %s", what, strerror(errno));
        }
        while (recv(uevents, ignored, sizeof ignored, 0) > 0) {
        }
    }
    (void) close(uevents);
}

struct disk {
    const char *serial;
    char path[64]; // "" until it is found
};

static bool has_serial(const char *disk, const char *serial) {
    char path[320];
    size_t length;
    int n = snprintf(path, sizeof path, BLOCK "/%s/serial", disk);
    if (n < 0 || (size_t) n >= sizeof path) {
        return false;
    }
    // ENOENT for what is no disk of ours, and until the driver has made the file. There is no line feed at the end.
    char *text = file_read(path, 4096, &length);
    bool same = text != NULL && length == strlen(serial) && memcmp(text, serial, length) == 0;
    free(text);
    return same;
}

static bool disk_exists(void *of) {
    struct disk *disk = of;
    DIR *disks = opendir(BLOCK);
    struct dirent *entry;
    if (disks == NULL) {
        return false;
    }
    while (disk->path[0] == 0 && (entry = readdir(disks)) != NULL) {
        if (entry->d_name[0] != '.' && has_serial(entry->d_name, disk->serial)) {
            int n = snprintf(disk->path, sizeof disk->path, "/dev/%s", entry->d_name);
            if (n < 0 || (size_t) n >= sizeof disk->path) {
                fatal("the disk %s has too long a name", entry->d_name);
            }
        }
    }
    (void) closedir(disks);
    return disk->path[0] != 0 && access(disk->path, F_OK) == 0;
}

const char *wait_for_disk(const char *serial) {
    char what[96];
    struct disk *disk = calloc(1, sizeof *disk);
    if (disk == NULL || snprintf(what, sizeof what, "the disk with the serial number %s", serial) < 0) {
        fatal("wait for the disk %s: %s", serial, strerror(errno));
    }
    disk->serial = serial;
    wait_until(disk_exists, disk, what);
    return disk->path; // never freed: whoever asked keeps it
}

void read_far_ahead(const char *disk) {
    char path[128];
    (void) snprintf(path, sizeof path, "/sys/block/%s/queue/read_ahead_kb", strrchr(disk, '/') + 1);
    if (!file_put(path, READ_AHEAD_KB)) {
        report("read ahead " READ_AHEAD_KB " KiB of %s: %s", disk, strerror(errno));
    }
}

struct port {
    const char *name;
    char path[64]; // "" until it is found
    int fd;
};

static bool is_named(const char *port, const char *name) {
    char path[320];
    size_t length;
    int n = snprintf(path, sizeof path, PORTS "/%s/name", port);
    if (n < 0 || (size_t) n >= sizeof path) {
        return false;
    }
    char *text = file_read(path, 4096, &length); // ENOENT until the host has told the driver the name
    bool same = text != NULL && length > 0 && length - 1 == strlen(name) && memcmp(text, name, length - 1) == 0;
    free(text);
    return same;
}

static bool port_exists(void *of) {
    struct port *port = of;
    DIR *ports = opendir(PORTS);
    struct dirent *entry;
    if (ports == NULL) {
        return false;
    }
    while (port->path[0] == 0 && (entry = readdir(ports)) != NULL) {
        if (entry->d_name[0] != '.' && is_named(entry->d_name, port->name)) {
            int n = snprintf(port->path, sizeof port->path, "/dev/%s", entry->d_name);
            if (n < 0 || (size_t) n >= sizeof port->path) {
                fatal("the port %s has too long a name", entry->d_name);
            }
        }
    }
    (void) closedir(ports);
    return port->path[0] != 0 && access(port->path, F_OK) == 0;
}

static bool host_connected(void *of) {
    const struct port *port = of;
    struct pollfd event = {.fd = port->fd, .events = POLLIN};
    return poll(&event, 1, 0) >= 0 && (event.revents & POLLHUP) == 0;
}

int open_port(const char *name) {
    struct port port = {.name = name, .fd = -1};
    wait_until(port_exists, &port, "the virtio-console port dev.thaw.channel");
    port.fd = open(port.path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (port.fd < 0) {
        fatal("open the port %s: %s", port.path, strerror(errno));
    }
    wait_until(host_connected, &port, "the host's side of the port dev.thaw.channel");
    return port.fd;
}

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

// A device that the host has given a name, and what it is called here.
struct device {
    const char *folder; // of sysfs, with a folder for each device of its kind
    const char *attribute; // the file in there that has the name
    char content[96]; // all of that file
    char path[64]; // "" until it is found
};

static bool is_the_one(const struct device *device, const char *entry) {
    char path[320];
    size_t length;
    int n = snprintf(path, sizeof path, "%s/%s/%s", device->folder, entry, device->attribute);
    if (n < 0 || (size_t) n >= sizeof path) {
        return false;
    }
    // ENOENT for what has no name, and until the driver has heard of it.
    char *text = file_read(path, 4096, &length);
    bool same = text != NULL && length == strlen(device->content) && memcmp(text, device->content, length) == 0;
    free(text);
    return same;
}

static bool device_exists(void *of) {
    struct device *device = of;
    DIR *devices = opendir(device->folder);
    struct dirent *entry;
    if (devices == NULL) {
        return false;
    }
    while (device->path[0] == 0 && (entry = readdir(devices)) != NULL) {
        if (entry->d_name[0] != '.' && is_the_one(device, entry->d_name)) {
            int n = snprintf(device->path, sizeof device->path, "/dev/%s", entry->d_name);
            if (n < 0 || (size_t) n >= sizeof device->path) {
                fatal("the device %s has too long a name", entry->d_name);
            }
        }
    }
    (void) closedir(devices);
    return device->path[0] != 0 && access(device->path, F_OK) == 0;
}

const char *wait_for_disk(const char *serial) {
    char what[96];
    struct device *disk = calloc(1, sizeof *disk);
    // There is no line feed behind it.
    if (disk == NULL || snprintf(disk->content, sizeof disk->content, "%s", serial) < 0
        || snprintf(what, sizeof what, "the disk with the serial number %s", serial) < 0) {
        fatal("wait for the disk %s: %s", serial, strerror(errno));
    }
    disk->folder = BLOCK;
    disk->attribute = "serial";
    wait_until(device_exists, disk, what);
    return disk->path; // never freed: whoever asked keeps it
}

void read_far_ahead(const char *disk) {
    char path[128];
    (void) snprintf(path, sizeof path, "/sys/block/%s/queue/read_ahead_kb", strrchr(disk, '/') + 1);
    if (!file_put(path, READ_AHEAD_KB)) {
        report("read ahead " READ_AHEAD_KB " KiB of %s: %s", disk, strerror(errno));
    }
}

static bool host_connected(void *of) {
    const int *port = of;
    struct pollfd event = {.fd = *port, .events = POLLIN};
    return poll(&event, 1, 0) >= 0 && (event.revents & POLLHUP) == 0;
}

static void set_port(struct device *port, const char *name) {
    *port = (struct device) {.folder = PORTS, .attribute = "name"};
    if (snprintf(port->content, sizeof port->content, "%s\n", name) < 0) {
        fatal("look for the port %s: %s", name, strerror(errno));
    }
}

int open_port(const char *name) {
    struct device port;
    set_port(&port, name);
    wait_until(device_exists, &port, "the virtio-console port dev.thaw.channel");
    int fd = open(port.path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        fatal("open the port %s: %s", port.path, strerror(errno));
    }
    wait_until(host_connected, &fd, "the host's side of the port dev.thaw.channel");
    return fd;
}

int find_port(const char *name) {
    struct device port;
    set_port(&port, name);
    if (!device_exists(&port)) {
        return -1;
    }
    int fd = open(port.path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        report("open the port %s: %s", port.path, strerror(errno));
    }
    return fd;
}

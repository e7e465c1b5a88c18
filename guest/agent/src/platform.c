// SPDX-License-Identifier: Apache-2.0
#include "platform.h"

#include "boot.h"
#include "files.h"
#include "report.h"
#include "uapi.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CGROUP "/sys/fs/cgroup/service"
#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define FREEZE_MS 5000
#define ID_TEXT_SIZE 40

// Files that every copy has a content of its own in. They lie in the writable layer and are mounted over what the image
// has, so that RESUME only writes to what is open: each path walked, file made or block read costs milliseconds there.
enum identity { BOOT_ID_FILE, MACHINE_ID_FILE, HOST_NAME_FILE, HOSTS_FILE, IDENTITY_FILES };

static struct {
    const char *name, *path;
    int fd;
    off_t length; // before the next put_identity
} identity[IDENTITY_FILES] = {
    [BOOT_ID_FILE] = {.name = "boot_id", .path = BOOT_ID, .fd = -1},
    [MACHINE_ID_FILE] = {.name = "machine-id", .path = "/etc/machine-id", .fd = -1},
    [HOST_NAME_FILE] = {.name = "hostname", .path = "/etc/hostname", .fd = -1},
    [HOSTS_FILE] = {.name = "hosts", .path = "/etc/hosts", .fd = -1},
};

// Opened once, for the same reason.
static struct {
    int random, freeze, events;
    bool frozen;
} machine = {.random = -1, .freeze = -1, .events = -1};

static int need_file(const char *path, int flags) {
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0) {
        fatal("open %s: %s", path, strerror(errno));
    }
    return fd;
}

// /proc/sys/kernel/random/boot_id can't be written, and the files in /etc may be missing, so each is covered.
static void cover(enum identity which) {
    char path[32];
    int fd = open_hidden_file(identity[which].name);
    // Without the target there is nothing to mount on; an image that won't have it there is left alone.
    bool there = which == BOOT_ID_FILE || file_replace(identity[which].path, 0644, "", 0);
    if (snprintf(path, sizeof path, "/proc/self/fd/%d", fd) < 0
        || (there && mount(path, identity[which].path, NULL, MS_BIND, NULL) != 0)) {
        fatal("mount a file over %s: %s", identity[which].path, strerror(errno));
    }
    if (!there) {
        report("write %s: %s", identity[which].path, strerror(errno));
    }
    identity[which].fd = fd;
}

static int put_identity(enum identity which, const char *text, size_t length) {
    ssize_t n = pwrite(identity[which].fd, text, length, 0);
    if (n != (ssize_t) length) {
        return n < 0 ? errno : EIO;
    }
    if ((off_t) length < identity[which].length && ftruncate(identity[which].fd, (off_t) length) != 0) {
        return errno;
    }
    identity[which].length = (off_t) length;
    return 0;
}

int platform_init(void) {
    if (mkdir(CGROUP, 0755) != 0 && errno != EEXIST) {
        fatal("make the cgroup %s: %s", CGROUP, strerror(errno));
    }
    machine.random = need_file("/dev/urandom", O_RDWR);
    machine.freeze = need_file(CGROUP "/cgroup.freeze", O_WRONLY);
    machine.events = need_file(CGROUP "/cgroup.events", O_RDONLY);
    for (int i = 0; i < IDENTITY_FILES; i++) {
        cover((enum identity) i);
    }
    return need_file(CGROUP, O_RDONLY | O_DIRECTORY);
}

int platform_set_clock(int64_t seconds, uint32_t nanoseconds) {
    struct timespec now = {.tv_sec = seconds, .tv_nsec = nanoseconds};
    return clock_settime(CLOCK_REALTIME, &now) == 0 ? 0 : errno;
}

int platform_add_entropy(const uint8_t entropy[ENTROPY_SIZE]) {
    struct thaw_rand_pool_info info = {.entropy_bits = ENTROPY_SIZE * 8, .byte_count = ENTROPY_SIZE};
    memcpy(info.bytes, entropy, ENTROPY_SIZE);
    if (ioctl(machine.random, THAW_RNDADDENTROPY, &info) != 0) {
        return errno;
    }
    // The generator's key, which the copies of a snapshot share, is only replaced by this.
    return ioctl(machine.random, THAW_RNDRESEEDCRNG) == 0 ? 0 : errno;
}

static size_t put_hex(char *to, const uint8_t *bytes, size_t count) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        to[2 * i] = digits[bytes[i] >> 4];
        to[2 * i + 1] = digits[bytes[i] & 15];
    }
    return 2 * count;
}

static int set_boot_id(const uint8_t id[ID_SIZE]) {
    static const size_t groups[] = {4, 2, 2, 2, 6};
    char text[ID_TEXT_SIZE];
    size_t length = 0, at = 0;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (i > 0) {
            text[length++] = '-';
        }
        length += put_hex(text + length, id + at, groups[i]);
        at += groups[i];
    }
    text[length++] = '\n';
    return put_identity(BOOT_ID_FILE, text, length);
}

int platform_set_names(const char *host_name, const uint8_t machine_id[ID_SIZE], const uint8_t boot_id[ID_SIZE]) {
    char id[ID_TEXT_SIZE];
    char text[128 + 2 * HOST_NAME_MAX_LENGTH];
    if (sethostname(host_name, strlen(host_name)) != 0) {
        return errno;
    }
    size_t length = put_hex(id, machine_id, ID_SIZE);
    id[length++] = '\n';
    int error = put_identity(MACHINE_ID_FILE, id, length);
    int n = snprintf(text, sizeof text, "%s\n", host_name);
    if (error == 0) {
        error = n < 0 ? EINVAL : put_identity(HOST_NAME_FILE, text, (size_t) n);
    }
    // The name leads to an address that a service in here can listen on and reach.
    n = snprintf(text, sizeof text, "127.0.0.1\tlocalhost %s\n::1\tlocalhost ip6-localhost ip6-loopback\n", host_name);
    if (error == 0) {
        error = n < 0 ? EINVAL : put_identity(HOSTS_FILE, text, (size_t) n);
    }
    return error == 0 ? set_boot_id(boot_id) : error;
}

static bool says_frozen(void) {
    char text[256];
    ssize_t n = pread(machine.events, text, sizeof text - 1, 0);
    if (n < 0) {
        return false;
    }
    text[n] = 0;
    return strstr(text, "frozen 1") != NULL;
}

static int64_t now_ms(void) {
    struct timespec now;
    return clock_gettime(CLOCK_MONOTONIC, &now) == 0 ? (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000 : INT64_MAX;
}

int platform_freeze(bool (*given_up)(const void *of), const void *of) {
    int64_t deadline = now_ms() + FREEZE_MS;
    if (pwrite(machine.freeze, "1", 1, 0) != 1) {
        return errno;
    }
    machine.frozen = true;
    while (!says_frozen()) {
        // The kernel wakes POLLPRI when the file has changed; 50 ms for looking whether the host is still there.
        struct pollfd event = {.fd = machine.events, .events = POLLPRI};
        if (now_ms() >= deadline) {
            return ETIMEDOUT;
        }
        if (given_up(of)) {
            return ECANCELED;
        }
        if (poll(&event, 1, 50) < 0 && errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

int platform_thaw(void) {
    if (machine.frozen && pwrite(machine.freeze, "0", 1, 0) != 1) {
        return errno;
    }
    machine.frozen = false;
    return 0;
}

// Processes of the guest may have written to these files. Looked at here, when they are frozen, and not by RESUME.
static int note_lengths(void) {
    for (int i = 0; i < IDENTITY_FILES; i++) {
        struct stat status;
        if (fstat(identity[i].fd, &status) != 0) {
            return errno;
        }
        identity[i].length = status.st_size;
    }
    return 0;
}

int platform_settle(bool to_stay) {
    int error = note_lengths();
    sync();
    return error == 0 && to_stay ? trim_scratch() : error;
}

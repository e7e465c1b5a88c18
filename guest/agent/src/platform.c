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
#include <sys/reboot.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CGROUP "/sys/fs/cgroup/service"
#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define FREEZE_MS 5000
#define ID_TEXT_SIZE 40

// Opened once: RESUME is on the critical path of every restore, and each path walked costs there.
static struct {
    int random, freeze, events, boot_id;
    bool frozen;
} machine = {.random = -1, .freeze = -1, .events = -1, .boot_id = -1};

static int need_file(const char *path, int flags) {
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0) {
        fatal("open %s: %s", path, strerror(errno));
    }
    return fd;
}

// /proc/sys/kernel/random/boot_id can't be written, and a restored guest would keep the one of its bake.
static void cover_boot_id(void) {
    char path[32];
    machine.boot_id = open_hidden_file("boot_id");
    if (snprintf(path, sizeof path, "/proc/self/fd/%d", machine.boot_id) < 0
        || mount(path, BOOT_ID, NULL, MS_BIND, NULL) != 0) {
        fatal("mount a file over %s: %s", BOOT_ID, strerror(errno));
    }
}

int platform_init(void) {
    if (mkdir(CGROUP, 0755) != 0 && errno != EEXIST) {
        fatal("make the cgroup %s: %s", CGROUP, strerror(errno));
    }
    machine.random = need_file("/dev/urandom", O_RDWR);
    machine.freeze = need_file(CGROUP "/cgroup.freeze", O_WRONLY);
    machine.events = need_file(CGROUP "/cgroup.events", O_RDONLY);
    cover_boot_id();
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
    ssize_t n = pwrite(machine.boot_id, text, length, 0);
    return n == (ssize_t) length ? 0 : n < 0 ? errno : EIO;
}

int platform_set_names(const char *host_name, const uint8_t machine_id[ID_SIZE], const uint8_t boot_id[ID_SIZE]) {
    char id[ID_TEXT_SIZE];
    char text[128 + 2 * HOST_NAME_MAX_LENGTH];
    if (sethostname(host_name, strlen(host_name)) != 0) {
        return errno;
    }
    size_t length = put_hex(id, machine_id, ID_SIZE);
    id[length++] = '\n';
    if (!file_replace("/etc/machine-id", 0444, id, length)) {
        return errno;
    }
    int n = snprintf(text, sizeof text, "%s\n", host_name);
    if (n < 0 || !file_replace("/etc/hostname", 0644, text, (size_t) n)) {
        return n < 0 ? EINVAL : errno;
    }
    // The name leads to an address that a service in here can listen on and reach.
    n = snprintf(text, sizeof text, "127.0.0.1\tlocalhost %s\n::1\tlocalhost ip6-localhost ip6-loopback\n", host_name);
    if (n < 0 || !file_replace("/etc/hosts", 0644, text, (size_t) n)) {
        return n < 0 ? EINVAL : errno;
    }
    return set_boot_id(boot_id);
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

int platform_settle(bool drop) {
    sync();
    if (!drop) {
        return 0;
    }
    if (!file_put("/proc/sys/vm/drop_caches", "3")) {
        return errno;
    }
    // Absent in kernels without compaction.
    return file_put("/proc/sys/vm/compact_memory", "1") || errno == ENOENT ? 0 : errno;
}

int open_console(unsigned *skip) {
    int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        *skip = 3; // "<3>"
        fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    }
    return fd;
}

void power_off(void) {
    (void) reboot(RB_POWER_OFF);
    // A machine that has no way to switch itself off is told to reset, which QEMU's -no-reboot makes an end.
    (void) reboot(RB_AUTOBOOT);
    for (;;) {
        (void) pause();
    }
}

// SPDX-License-Identifier: Apache-2.0
// Who watches what: the kernel has no list, but the fdinfo of each inotify and fanotify descriptor names the file systems
// of its watches ("inotify wd:1 ino:2 sdev:1d mask:...", Linux' Documentation/filesystems/proc.rst).
#include "share/ground.h"

#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define NANOSECONDS 1000000000
#define KEPT_NS (NANOSECONDS / 2)
// A no is believed for so many times as long as the scan took, up to KEPT_NS: somebody who begins to watch misses next to
// nothing where there are few processes, and where there are many no more than a twentieth of the time goes into scans.
#define SCAN_SHARE 20
#define DEVICES_MAX 128
#define KERNEL_THREADS_MAX 65536

static struct {
    pthread_mutex_t lock;
    int64_t scanned, took; // when the last scan ended; 0 before the first one
    uint32_t devices[DEVICES_MAX]; // as the kernel numbers them: major << 20 | minor
    size_t count;
    bool all; // too many to tell, or not known
} seen = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int64_t now_ns(void) {
    struct timespec now;
    return clock_gettime(CLOCK_MONOTONIC, &now) == 0 ? (int64_t) now.tv_sec * NANOSECONDS + now.tv_nsec : 0;
}

static bool has(uint32_t device) {
    for (size_t i = 0; i < seen.count; i++) {
        if (seen.devices[i] == device) {
            return true;
        }
    }
    return false;
}

static void take_line(const char *line) {
    const char *at = strstr(line, " sdev:");
    if (at == NULL || (strncmp(line, "inotify ", 8) != 0 && strncmp(line, "fanotify ", 9) != 0)) {
        return;
    }
    uint32_t device = (uint32_t) strtoul(at + strlen(" sdev:"), NULL, 16);
    if (has(device)) {
        return;
    }
    if (seen.count == DEVICES_MAX) {
        seen.all = true;
        return;
    }
    seen.devices[seen.count++] = device;
}

static void take_descriptor(int process, const char *number) {
    char path[64], line[512];
    int n = snprintf(path, sizeof path, "fdinfo/%s", number);
    int fd = n < 0 || (size_t) n >= sizeof path ? -1 : openat(process, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return; // gone meanwhile
    }
    FILE *file = fdopen(fd, "r");
    if (file == NULL) {
        (void) close(fd);
        seen.all = true;
        return;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        take_line(line);
    }
    (void) fclose(file);
}

static void take_process(int proc, const char *number) {
    char target[32];
    int process = openat(proc, number, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fds = process < 0 ? -1 : openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fds < 0 ? NULL : fdopendir(fds);
    if (entries == NULL) {
        if (fds >= 0) {
            (void) close(fds);
        }
        if (process >= 0) {
            (void) close(process);
        }
        return;
    }
    struct dirent *entry;
    while ((entry = readdir(entries)) != NULL) {
        ssize_t n = readlinkat(dirfd(entries), entry->d_name, target, sizeof target - 1);
        if (n <= 0) {
            continue; // "." and "..", or closed meanwhile
        }
        target[n] = 0;
        if (strcmp(target, "anon_inode:inotify") == 0 || strcmp(target, "anon_inode:[fanotify]") == 0) {
            take_descriptor(process, entry->d_name);
        }
    }
    (void) closedir(entries);
    (void) close(process);
}

// kthreadd's children: they have no open files, and are most of the processes of a small guest. Without the list each is
// looked at.
static char *kernel_threads(void) {
    size_t length;
    return file_read("/proc/2/task/2/children", KERNEL_THREADS_MAX, &length);
}

static bool is_listed(const char *list, const char *number) {
    size_t length = strlen(number);
    for (const char *at = list; at != NULL && *at != 0; at += strcspn(at, " "), at += *at == ' ') {
        if (strncmp(at, number, length) == 0 && at[length] == ' ') {
            return true;
        }
    }
    return false;
}

static void scan(void) {
    char *threads = kernel_threads();
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    seen.count = 0;
    seen.all = proc == NULL;
    while (proc != NULL && (entry = readdir(proc)) != NULL) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && !is_listed(threads, entry->d_name)) {
            take_process(dirfd(proc), entry->d_name);
        }
    }
    if (proc != NULL) {
        (void) closedir(proc);
    }
    free(threads);
}

bool ground_is_watched(dev_t dev) {
    uint32_t device = (uint32_t) (major(dev) << 20 | minor(dev));
    if (pthread_mutex_lock(&seen.lock) != 0) {
        return true;
    }
    int64_t now = now_ns();
    bool watched = seen.all || has(device);
    int64_t kept = watched || seen.took * SCAN_SHARE > KEPT_NS ? KEPT_NS : seen.took * SCAN_SHARE;
    if (seen.scanned == 0 || now - seen.scanned > kept) {
        scan();
        seen.scanned = now_ns();
        seen.took = seen.scanned - now;
        watched = seen.all || has(device);
    }
    (void) pthread_mutex_unlock(&seen.lock);
    return watched;
}

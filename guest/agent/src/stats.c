// SPDX-License-Identifier: Apache-2.0
// STATS: memory and load of the guest (docs/guest-channel.md, "STATS").
#include "figures.h"
#include "files.h"
#include "kinds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>

#define MEMINFO_MAX 16384
#define UPTIME_MAX 128
#define VMSTAT_MAX 65536
#define RESULT_SIZE 84u
#define NANOSECONDS 1000000000u

static void open_stats(struct stream *s, struct reader *request) {
    uint8_t result[RESULT_SIZE];
    struct writer w = writer_to(result, sizeof result);
    struct statvfs root;
    struct timespec uptime, now;
    size_t length;
    if (!reader_done(request)) {
        stream_fail(s, EINVAL, "the request of STATS is not empty");
        return;
    }
    char *text = file_read("/proc/meminfo", MEMINFO_MAX, &length);
    char *idle = file_read("/proc/uptime", UPTIME_MAX, &length);
    char *vmstat = file_read("/proc/vmstat", VMSTAT_MAX, &length);
    if (text == NULL || idle == NULL || vmstat == NULL || statvfs("/", &root) != 0
        || clock_gettime(CLOCK_MONOTONIC, &uptime) != 0 || clock_gettime(CLOCK_REALTIME, &now) != 0) {
        int error = errno;
        stream_fail(s, error, "read the guest's figures: %s", strerror(error));
        goto done;
    }
    write_u64(&w, figure(text, "MemTotal") * 1024);
    write_u64(&w, figure(text, "MemAvailable") * 1024);
    write_u64(&w, (uint64_t) root.f_blocks * root.f_frsize);
    write_u64(&w, (uint64_t) root.f_bavail * root.f_frsize);
    write_u64(&w, (uint64_t) root.f_files);
    write_u64(&w, (uint64_t) root.f_favail);
    write_u64(&w, figure(vmstat, "oom_kill"));
    write_u64(&w, (uint64_t) uptime.tv_sec * NANOSECONDS + (uint64_t) uptime.tv_nsec);
    write_u64(&w, idle_nanoseconds(idle));
    write_u64(&w, (uint64_t) now.tv_sec);
    write_u32(&w, (uint32_t) now.tv_nsec);
    stream_end(s, result, (uint32_t) w.length);
done:
    free(text);
    free(idle);
    free(vmstat);
}

const struct kind kind_stats = {.name = "STATS", .open = open_stats};

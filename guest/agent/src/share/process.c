// SPDX-License-Identifier: Apache-2.0
#include "share/process.h"

#include "report.h"
#include "share/relay.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define NAME "thaw-shares"

// Too big for a stack, and there is one. Costs PID 1 nothing: it never touches it.
static struct relay relay;

// PID 1 has its channel open, among other things, and the host would wait for ever for the last one to close it.
static void close_others(int port) {
    DIR *entries = opendir("/proc/self/fd");
    struct dirent *entry;
    if (entries == NULL) {
        fatal("shares: list the open files: %s", strerror(errno));
    }
    while ((entry = readdir(entries)) != NULL) {
        int fd = atoi(entry->d_name); // 0 for "." and ".."
        if (fd > STDERR_FILENO && fd != port && fd != dirfd(entries)) {
            (void) close(fd);
        }
    }
    (void) closedir(entries);
}

__attribute__((noreturn)) static void serve(int port) {
    close_others(port);
    // The score of -1000 against the out-of-memory killer, the priority and the cgroup are its parent's.
    if (setsid() < 0 || prctl(PR_SET_NAME, NAME) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR) {
        fatal("shares: set up the relay's process: %s", strerror(errno));
    }
    ground_init();
    if (!relay_init(&relay, port)) {
        fatal("shares: watch the port: %s", strerror(errno));
    }
    relay_serve(&relay);
}

pid_t relay_start(int port) {
    pid_t pid = fork();
    if (pid == 0) {
        serve(port);
    }
    if (pid < 0) {
        report("shares: fork the relay: %s", strerror(errno));
    }
    (void) close(port);
    return pid;
}

// SPDX-License-Identifier: Apache-2.0
// Starting programs of the image and hearing of their end. Every child begins as leader of its own session and process
// group, in the service's cgroup, with default signals, and killable by the kernel for lack of memory (the agent is not).
#ifndef THAW_PROCESS_H
#define THAW_PROCESS_H

#include "loop.h"
#include "users.h"

#include <stdbool.h>
#include <sys/types.h>

struct command {
    char *const *argv;
    char *const *env; // complete
    const struct identity *who;
    const char *directory;
    bool make_directory;
    int input, output, error; // descriptors for 0, 1, 2; stay the caller's
};

struct child {
    struct child *next, *previous;
    struct children *of;
    pid_t pid; // 0 once it is gone
    bool starting;
    struct watch startup;
    // The program runs (error 0), or the step that failed and its errno. After a failure exited is not called.
    void (*started)(struct child *self, int error, const char *step);
    void (*exited)(struct child *self, int wait_status);
};

struct children {
    struct loop *loop;
    int cgroup; // folder of the cgroup that children begin in, or -1
    struct child *first;
    struct watch signals;
    struct task reaper;
};

// Blocks SIGCHLD and reaps through a signalfd, orphans included.
bool children_init(struct children *children, struct loop *loop, int cgroup);
// 0 or an errno. child stays the caller's and must live until started has failed, exited was called, or child_forget.
int child_spawn(struct children *children, struct child *child, const struct command *command);
// A process that was forked by somebody else: its end calls exited.
void child_adopt(struct children *children, struct child *child, pid_t pid);
// No more callbacks; the process itself goes on.
void child_forget(struct child *child);
// To its whole process group.
void child_signal(const struct child *child, int number);

#endif

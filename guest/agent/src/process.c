// SPDX-License-Identifier: Apache-2.0
#include "process.h"

#include "environment.h"
#include "files.h"
#include "report.h"
#include "uapi.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define REAPED_A_TURN 256

// What a child that could not become its program writes into the startup pipe.
struct failure {
    int error;
    int step;
};

enum step { STEP_STDIO, STEP_SCORE, STEP_DIRECTORY, STEP_USER, STEP_SIGNALS, STEP_RUN };
static const char *const step_names[] = {
    "set up standard input and output", "set its oom score", "change to directory", "change to user",
    "reset its signals", "run",
};

// ---- in the child, between fork and exec ----

static bool set_stdio(const struct command *c) {
    // First out of the way of 0 to 2, then in place: the three may overlap. dup2 clears close-on-exec.
    int from[3] = {c->input, c->output, c->error};
    for (int i = 0; i < 3; i++) {
        from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 3);
        if (from[i] < 0) {
            return false;
        }
    }
    for (int i = 0; i < 3; i++) {
        if (dup2(from[i], i) < 0) {
            return false;
        }
    }
    return true;
}

static bool set_signals(void) {
    for (int number = 1; number < _NSIG; number++) {
        // Fails for SIGKILL, SIGSTOP and musl's own, which have their default action anyway.
        (void) signal(number, SIG_DFL);
    }
    sigset_t none;
    return sigemptyset(&none) == 0 && sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

static bool set_user(const struct identity *who) {
    // Tests run as somebody who can't change users; PID 1 is always root.
    if (geteuid() != 0) {
        return true;
    }
    return setgroups(who->group_count, who->groups) == 0 && setresgid(who->gid, who->gid, who->gid) == 0
        && setresuid(who->uid, who->uid, who->uid) == 0;
}

static bool enter_directory(const struct command *c) {
    if (c->make_directory && !make_folders(c->directory, 0755, c->who->uid, c->who->gid)) {
        return false;
    }
    return chdir(c->directory) == 0;
}

static void run_child(const struct command *c, int startup) {
    enum step step = STEP_STDIO;
    if (setsid() < 0 || !set_stdio(c)) {
        goto failed;
    }
    step = STEP_SCORE;
    // Raising the score needs no right. Where there is no such file there is no killer either.
    if ((!file_put("/proc/self/oom_score_adj", "0") && errno != ENOENT) || setpriority(PRIO_PROCESS, 0, 0) != 0) {
        goto failed;
    }
    step = STEP_DIRECTORY;
    umask(022);
    if (!enter_directory(c)) {
        goto failed;
    }
    step = STEP_USER;
    if (!set_user(c->who)) {
        goto failed;
    }
    step = STEP_SIGNALS;
    if (!set_signals()) {
        goto failed;
    }
    step = STEP_RUN;
    run_program(c->argv, c->env);
failed:;
    struct failure failure = {.error = errno, .step = step};
    ssize_t written = write(startup, &failure, sizeof failure);
    _exit(written == sizeof failure ? 127 : 126);
}

// ---- in the agent ----

static pid_t fork_into(int cgroup) {
    if (cgroup < 0) {
        return fork();
    }
    // Born inside of the cgroup: there is no moment in which a freeze would miss it.
    struct thaw_clone_args arguments = {
        .flags = THAW_CLONE_INTO_CGROUP,
        .exit_signal = SIGCHLD,
        .cgroup = (uint64_t) cgroup,
    };
    return (pid_t) syscall(SYS_clone3, &arguments, sizeof arguments);
}

static void unlink_child(struct child *child) {
    if (child->of == NULL) {
        return;
    }
    if (child->previous != NULL) {
        child->previous->next = child->next;
    } else {
        child->of->first = child->next;
    }
    if (child->next != NULL) {
        child->next->previous = child->previous;
    }
    child->of = NULL;
}

void child_forget(struct child *child) {
    loop_unwatch(&child->startup);
    child->starting = false;
    child->pid = 0;
    unlink_child(child);
}

// End of file means that exec closed the pipe: the program runs.
static void take_startup(struct child *child) {
    struct failure failure;
    ssize_t n = read(child->startup.fd, &failure, sizeof failure);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    loop_unwatch(&child->startup);
    child->starting = false;
    if (n == sizeof failure && failure.step >= STEP_STDIO && failure.step <= STEP_RUN) {
        child_forget(child);
        child->started(child, failure.error == 0 ? EIO : failure.error, step_names[failure.step]);
        return;
    }
    child->started(child, 0, NULL);
}

static void startup_ready(struct watch *watch, uint32_t events) {
    (void) events;
    take_startup((struct child *) ((char *) watch - offsetof(struct child, startup)));
}

static void link_child(struct children *children, struct child *child) {
    child->of = children;
    child->previous = NULL;
    child->next = children->first;
    if (child->next != NULL) {
        child->next->previous = child;
    }
    children->first = child;
}

void child_adopt(struct children *children, struct child *child, pid_t pid) {
    child->startup.fd = -1;
    child->starting = false;
    child->pid = pid;
    link_child(children, child);
}

int child_spawn(struct children *children, struct child *child, const struct command *command) {
    int startup[2] = {-1, -1};
    int error = 0;
    child->startup.fd = -1;
    child->of = NULL;
    child->pid = 0;
    if (pipe2(startup, O_CLOEXEC | O_NONBLOCK) != 0) {
        return errno;
    }
    if (!loop_watch(children->loop, &child->startup, startup[0], EPOLLIN, startup_ready)) {
        error = errno;
        goto failed;
    }
    startup[0] = -1;
    child->pid = fork_into(children->cgroup);
    if (child->pid == 0) {
        run_child(command, startup[1]);
    }
    if (child->pid < 0) {
        error = errno;
        goto failed;
    }
    (void) close(startup[1]);
    child->starting = true;
    link_child(children, child);
    return 0;
failed:
    loop_unwatch(&child->startup);
    child->pid = 0;
    if (startup[0] >= 0) {
        (void) close(startup[0]);
    }
    (void) close(startup[1]);
    return error;
}

void child_signal(const struct child *child, int number) {
    if (child->pid <= 0) {
        return;
    }
    // Before its setsid the group does not exist yet, so the process itself gets the signal. ESRCH: just gone.
    if (kill(-child->pid, number) != 0 && errno == ESRCH) {
        (void) kill(child->pid, number);
    }
}

static void reap(struct children *children, pid_t pid, int status) {
    struct child *child = children->first;
    while (child != NULL && child->pid != pid) {
        child = child->next;
    }
    if (child == NULL) {
        return; // an orphan that came to PID 1, or one that was forgotten
    }
    if (child->starting) {
        // Both ends are closed by now, so this settles how the start went.
        take_startup(child);
        if (child->of == NULL) {
            return;
        }
    }
    unlink_child(child);
    child->pid = 0;
    child->exited(child, status);
}

static void run_reaper(struct task *task) {
    struct children *children = (struct children *) ((char *) task - offsetof(struct children, reaper));
    for (int i = 0; i < REAPED_A_TURN; i++) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid <= 0) {
            return;
        }
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            reap(children, pid, status);
        }
    }
    task_queue(&children->loop->ready, task);
}

static void signals_ready(struct watch *watch, uint32_t events) {
    (void) events;
    struct children *children = (struct children *) ((char *) watch - offsetof(struct children, signals));
    struct signalfd_siginfo info;
    ssize_t n = read(watch->fd, &info, sizeof info);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        fatal("read from the signalfd: %s", strerror(errno));
    }
    task_queue(&children->loop->ready, &children->reaper);
}

bool children_init(struct children *children, struct loop *loop, int cgroup) {
    *children = (struct children) {.loop = loop, .cgroup = cgroup, .reaper = {.run = run_reaper}};
    sigset_t mask;
    if (sigemptyset(&mask) != 0 || sigaddset(&mask, SIGCHLD) != 0 || sigprocmask(SIG_BLOCK, &mask, NULL) != 0) {
        return false;
    }
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) {
        return false;
    }
    int fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd >= 0 && loop_watch(loop, &children->signals, fd, EPOLLIN, signals_ready);
}

// SPDX-License-Identifier: Apache-2.0
#include "service.h"

#include "agent.h"
#include "environment.h"
#include "files.h"
#include "kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

void service_init(struct service *service, struct agent *agent) {
    memset(service, 0, sizeof *service);
    service->agent = agent;
    service->pumps[0].watch.fd = -1;
    service->pumps[1].watch.fd = -1;
}

// ---- output ----

// One record; false when there is nothing more for now.
static bool pump_once(struct pump *pump) {
    uint8_t bytes[LOG_LENGTH_MAX];
    ssize_t n = read(pump->watch.fd, bytes, sizeof bytes);
    if (n > 0) {
        log_append(&pump->service->agent->log, pump->source, log_now(), bytes, (uint32_t) n);
        // Less than asked for: that was all, and the next write is an event of its own. Unless it was the last.
        return (size_t) n == sizeof bytes || pump->hung_up;
    }
    if (n < 0 && errno == EINTR) {
        return true;
    }
    if (n == 0 || errno != EAGAIN) {
        task_cancel(&pump->task);
        loop_unwatch(&pump->watch);
    }
    return false;
}

static void run_pump(struct task *task) {
    struct pump *pump = (struct pump *) ((char *) task - offsetof(struct pump, task));
    if (pump_once(pump)) {
        task_queue(&pump->service->agent->loop.ready, task);
    }
}

static void pump_ready(struct watch *watch, uint32_t events) {
    struct pump *pump = (struct pump *) ((char *) watch - offsetof(struct pump, watch));
    pump->hung_up |= (events & EPOLLHUP) != 0;
    task_queue(&pump->service->agent->loop.ready, &pump->task);
}

static void drain(struct pump *pump) {
    int waiting = 0;
    // Only what lies there now: others that hold the pipe may go on writing for ever.
    if (pump->watch.fd < 0 || ioctl(pump->watch.fd, FIONREAD, &waiting) != 0) {
        return;
    }
    for (int left = waiting; left > 0; left -= (int) LOG_LENGTH_MAX) {
        if (!pump_once(pump)) {
            return;
        }
    }
}

void service_drain(struct service *service) {
    drain(&service->pumps[0]);
    drain(&service->pumps[1]);
}

// ---- the end ----

static bool killed_for_memory(void) {
    size_t length;
    char *text = file_read("/proc/vmstat", 65536, &length);
    if (text == NULL) {
        return false;
    }
    const char *at = strstr(text, "\noom_kill ");
    bool killed = at != NULL && strtoul(at + strlen("\noom_kill "), NULL, 10) > 0;
    free(text);
    return killed;
}

void service_put(const struct service *service, struct writer *w) {
    write_u8(w, (uint8_t) service->state);
    // Only the end of a service needs this explanation, and RESUME is too hurried to read a file for it.
    write_u8(w, service->state >= SERVICE_EXITED && killed_for_memory() ? 1 : 0);
    write_u16(w, 0);
    write_u32(w, (uint32_t) service->status);
}

static void answer_wait(struct stream *s) {
    struct service *service = &s->mux->agent->service;
    uint8_t result[SERVICE_RESULT_SIZE];
    struct writer w = writer_to(result, sizeof result);
    service_put(service, &w);
    stream_end(s, result, (uint32_t) w.length);
}

static void service_exited(struct child *child, int wait_status) {
    struct service *service = (struct service *) ((char *) child - offsetof(struct service, child));
    service_drain(service);
    if (WIFEXITED(wait_status)) {
        service->state = SERVICE_EXITED;
        service->status = WEXITSTATUS(wait_status);
        log_say(&service->agent->log, "the service exited with status %d", service->status);
    } else {
        service->state = SERVICE_KILLED;
        service->status = WTERMSIG(wait_status);
        log_say(&service->agent->log, "the service was killed by signal %d (%s)", service->status,
                strsignal(service->status));
    }
    mux_each(&service->agent->mux, &kind_wait, answer_wait);
}

// ---- START ----

static void give_back(struct service *service) {
    strings_free(&service->argv);
    strings_free(&service->env);
    free(service->user);
    free(service->directory);
    service->user = NULL;
    service->directory = NULL;
    service->taken = false;
    for (int i = 0; i < 2; i++) {
        task_cancel(&service->pumps[i].task);
        loop_unwatch(&service->pumps[i].watch);
    }
}

static void service_started(struct child *child, int error, const char *step) {
    struct service *service = (struct service *) ((char *) child - offsetof(struct service, child));
    struct stream *s = service->starter;
    service->starter = NULL;
    if (error == 0) {
        service->state = SERVICE_RUNNING;
        uint8_t pid[4];
        put_u32(pid, (uint32_t) child->pid);
        if (s != NULL) {
            stream_end(s, pid, sizeof pid);
        }
        return;
    }
    if (s != NULL) {
        stream_fail(s, error, "%s %s: %s", step, service->argv.items[0], strerror(error));
    }
    give_back(service);
    mux_each(&service->agent->mux, &kind_wait, answer_wait); // those that came while it was starting
}

static int watch_output(struct service *service, int index, int fd) {
    struct pump *pump = &service->pumps[index];
    *pump = (struct pump) {
        .service = service, .source = index == 0 ? LOG_OUTPUT : LOG_ERROR, .task = {.run = run_pump}, .watch = {.fd = -1},
    };
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0
        || !loop_watch(&service->agent->loop, &pump->watch, fd, EPOLLIN | EPOLLET, pump_ready)) {
        return errno;
    }
    return 0;
}

static int spawn(struct service *service, const struct identity *who) {
    int output[2] = {-1, -1}, errors[2] = {-1, -1}, null = -1;
    char home[HOME_MAX + 8];
    char **env = NULL;
    int error = 0;
    static const struct strings nothing = {0};
    if (snprintf(home, sizeof home, "HOME=%s", who->home) < 0) {
        return EINVAL;
    }
    env = environment_merge(&service->env, &nothing, home);
    if (env == NULL) {
        return ENOMEM;
    }
    null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || pipe2(output, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC) != 0) {
        error = errno;
        goto done;
    }
    // So that a service that is not root can open /dev/stdout and /dev/stderr again.
    if (fchown(output[1], who->uid, who->gid) != 0 || fchown(errors[1], who->uid, who->gid) != 0) {
        error = errno;
        goto done;
    }
    error = watch_output(service, 0, output[0]);
    if (error != 0) {
        goto done;
    }
    output[0] = -1;
    error = watch_output(service, 1, errors[0]);
    if (error != 0) {
        goto done;
    }
    errors[0] = -1;
    struct command command = {
        .argv = service->argv.items, .env = env, .who = who, .directory = service->directory, .make_directory = true,
        .input = null, .output = output[1], .error = errors[1],
    };
    service->child.started = service_started;
    service->child.exited = service_exited;
    error = child_spawn(&service->agent->children, &service->child, &command);
done:
    for (int i = 0; i < 2; i++) {
        if (output[i] >= 0) {
            (void) close(output[i]);
        }
        if (errors[i] >= 0) {
            (void) close(errors[i]);
        }
    }
    if (null >= 0) {
        (void) close(null);
    }
    free(env);
    return error;
}

// Takes the request into the service. 0, EINVAL when it is not a proper one, or ENOMEM.
static int take_request(struct service *service, struct reader *request, struct strings *volumes) {
    bool enough = read_strings(request, &service->argv) && read_strings(request, &service->env)
        && read_string(request, &service->user) && read_string(request, &service->directory)
        && read_strings(request, volumes);
    if (!enough) {
        return ENOMEM;
    }
    return reader_done(request) && service->argv.count > 0 ? 0 : EINVAL;
}

static void open_start(struct stream *s, struct reader *request) {
    struct service *service = &s->mux->agent->service;
    struct strings volumes = {0};
    char message[256] = "";
    if (service->taken) {
        stream_fail(s, EALREADY, "the service has been started already");
        return;
    }
    service->taken = true;
    int error = take_request(service, request, &volumes);
    if (error != 0) {
        stream_fail(s, error, error == ENOMEM ? "no memory" : "the request of START is malformed");
        goto failed;
    }
    if (service->directory[0] == 0) {
        free(service->directory);
        service->directory = strdup("/");
    }
    struct identity who;
    error = identity_of(service->user, s->mux->agent->passwd_path, s->mux->agent->group_path, &who, message,
                        sizeof message);
    if (error == 0 && service->directory == NULL) {
        error = ENOMEM;
        (void) strcpy(message, "no memory");
    }
    if (error != 0) {
        stream_fail(s, error, "%s", message);
        goto failed;
    }
    for (uint32_t i = 0; i < volumes.count; i++) {
        if (!make_folders(volumes.items[i], 0755, who.uid, who.gid)) {
            error = errno;
            stream_fail(s, error, "make the volume %s: %s", volumes.items[i], strerror(error));
            goto failed;
        }
    }
    error = spawn(service, &who);
    if (error != 0) {
        stream_fail(s, error, "start %s: %s", service->argv.items[0], strerror(error));
        goto failed;
    }
    service->starter = s;
    strings_free(&volumes);
    return;
failed:
    strings_free(&volumes);
    give_back(service);
}

static void release_start(struct stream *s, enum over how) {
    (void) how;
    struct service *service = &s->mux->agent->service;
    if (service->starter == s) {
        service->starter = NULL; // the service goes on
    }
}

const struct kind kind_start = {.name = "START", .open = open_start, .release = release_start};

// ---- WAIT ----

static void open_wait(struct stream *s, struct reader *request) {
    if (!reader_done(request)) {
        stream_fail(s, EINVAL, "the request of WAIT is not empty");
        return;
    }
    const struct service *service = &s->mux->agent->service;
    bool starting = service->taken && service->state == SERVICE_NEVER;
    if (service->state != SERVICE_RUNNING && !starting) {
        answer_wait(s);
    }
}

const struct kind kind_wait = {.name = "WAIT", .open = open_wait};

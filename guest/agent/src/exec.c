// SPDX-License-Identifier: Apache-2.0
// EXEC: a command with its three standard streams (docs/guest-channel.md, "EXEC").
#include "agent.h"
#include "environment.h"
#include "inlet.h"
#include "kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define FLAG_INPUT 1u
#define RESULT_SIZE 8u

struct exec;

struct output {
    struct watch watch;
    struct exec *exec;
    uint8_t flag;
    bool readable;
    bool hung_up; // nobody can write any more, but there may still be something to read
    int left; // once the command has exited: bytes that are still to be delivered
};

struct exec {
    struct garbage garbage;
    struct child child;
    struct stream *stream;
    struct output outputs[2];
    struct watch input;
    struct inlet inlet;
    bool running; // OPENED has been sent
    bool exited;
    int wait_status;
    char program[128];
};

// The parts of a request, for as long as it takes to fork.
struct exec_request {
    uint32_t flags;
    struct strings argv, env;
    char *user, *directory;
    struct identity who;
};

// ---- output and the end ----

static void close_output(struct output *output) {
    loop_unwatch(&output->watch);
    stream_eof(output->exec->stream, output->flag);
}

// END as soon as the command has exited and its outputs are closed.
static bool settle(struct exec *e) {
    for (int i = 0; i < 2; i++) {
        struct output *output = &e->outputs[i];
        if (e->exited && output->watch.fd >= 0 && output->left <= 0) {
            close_output(output);
        }
    }
    if (!e->exited || e->outputs[0].watch.fd >= 0 || e->outputs[1].watch.fd >= 0) {
        return false;
    }
    bool normal = WIFEXITED(e->wait_status);
    uint8_t result[RESULT_SIZE];
    struct writer w = writer_to(result, sizeof result);
    write_u8(&w, normal ? SERVICE_EXITED : SERVICE_KILLED);
    write_u8(&w, 0);
    write_u16(&w, 0);
    write_u32(&w, (uint32_t) (normal ? WEXITSTATUS(e->wait_status) : WTERMSIG(e->wait_status)));
    stream_end(e->stream, result, (uint32_t) w.length);
    return true;
}

static void forward(struct output *output) {
    struct stream *s = output->exec->stream;
    uint32_t room = stream_sendable(s);
    if (output->watch.fd < 0 || !output->readable || room == 0) {
        return;
    }
    if (output->exec->exited && (uint32_t) output->left < room) {
        room = (uint32_t) output->left;
    }
    ssize_t n = read(output->watch.fd, stream_payload(s), room);
    if (n > 0) {
        stream_sent(s, output->flag, (uint32_t) n);
        output->left -= output->exec->exited ? (int) n : 0;
        // Less than asked for: that was all, and the next write is an event of its own. Unless it was the last.
        output->readable = (uint32_t) n == room || output->hung_up || output->exec->exited;
    } else if (n < 0 && errno == EAGAIN) {
        output->readable = false;
        output->left = 0;
    } else if (n == 0 || errno != EINTR) {
        close_output(output);
    }
}

static void send_exec(struct stream *s) {
    struct exec *e = s->state;
    if (!e->running) {
        return;
    }
    forward(&e->outputs[0]);
    forward(&e->outputs[1]);
    if (settle(e)) {
        return;
    }
    for (int i = 0; i < 2; i++) {
        if (e->outputs[i].watch.fd >= 0 && e->outputs[i].readable) {
            stream_wake(s);
        }
    }
}

static void output_ready(struct watch *watch, uint32_t events) {
    struct output *output = (struct output *) ((char *) watch - offsetof(struct output, watch));
    output->hung_up |= (events & EPOLLHUP) != 0;
    output->readable = true;
    stream_wake(output->exec->stream);
}

static void exec_exited(struct child *child, int wait_status) {
    struct exec *e = (struct exec *) ((char *) child - offsetof(struct exec, child));
    e->exited = true;
    e->wait_status = wait_status;
    for (int i = 0; i < 2; i++) {
        struct output *output = &e->outputs[i];
        output->left = 0;
        output->readable = true;
        // What lies in the pipe now was written before the exit; what others write later is not waited for.
        if (output->watch.fd >= 0 && ioctl(output->watch.fd, FIONREAD, &output->left) != 0) {
            output->left = 0;
        }
    }
    if (!settle(e)) {
        stream_wake(e->stream);
    }
}

// ---- input ----

static void write_input(struct exec *e) {
    while (e->input.fd >= 0 && inlet_used(&e->inlet) > 0) {
        ssize_t n = write(e->input.fd, e->inlet.bytes + e->inlet.start, inlet_used(&e->inlet));
        if (n < 0 && errno == EAGAIN) {
            return;
        }
        if (n < 0 && errno != EINTR) {
            // The command reads no more. The rest is taken and dropped, so that the host is not held up.
            loop_unwatch(&e->input);
            n = (ssize_t) inlet_used(&e->inlet);
        }
        if (n > 0) {
            inlet_taken(&e->inlet, (size_t) n);
            stream_took(e->stream, (uint32_t) n);
        }
    }
    if (e->stream->host_done && inlet_used(&e->inlet) == 0) {
        loop_unwatch(&e->input);
    }
}

static void input_ready(struct watch *watch, uint32_t events) {
    struct exec *e = (struct exec *) ((char *) watch - offsetof(struct exec, input));
    if ((events & EPOLLERR) != 0 && inlet_used(&e->inlet) == 0) {
        loop_unwatch(watch);
        return;
    }
    write_input(e);
}

static void take_input(struct stream *s, const uint8_t *bytes, uint32_t length) {
    struct exec *e = s->state;
    if (e->input.fd < 0) {
        stream_took(s, length);
        return;
    }
    if (!inlet_put(&e->inlet, bytes, length)) {
        stream_fail(s, ENOMEM, "no memory for standard input");
        return;
    }
    write_input(e);
}

static void take_eof(struct stream *s) {
    write_input(s->state);
}

// ---- the start ----

static void exec_started(struct child *child, int error, const char *step) {
    struct exec *e = (struct exec *) ((char *) child - offsetof(struct exec, child));
    if (error != 0) {
        stream_fail(e->stream, error, "%s %s: %s", step, e->program, strerror(error));
        return;
    }
    uint8_t pid[4];
    put_u32(pid, (uint32_t) child->pid);
    stream_opened(e->stream, pid, sizeof pid);
    e->running = true;
    stream_wake(e->stream);
}

static bool watch_pipe(struct exec *e, struct watch *watch, int *fd, uint32_t events,
                       void (*ready)(struct watch *, uint32_t)) {
    if (fcntl(*fd, F_SETFL, O_NONBLOCK) != 0
        || !loop_watch(&e->stream->mux->agent->loop, watch, *fd, events | EPOLLET, ready)) {
        return false;
    }
    *fd = -1; // the watch's from here on
    return true;
}

static bool make_pipes(struct exec *e, bool with_input, int input[2], int outputs[2][2]) {
    if (with_input) {
        if (pipe2(input, O_CLOEXEC) != 0 || !watch_pipe(e, &e->input, &input[1], EPOLLOUT, input_ready)) {
            return false;
        }
    } else {
        input[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (input[0] < 0) {
            return false;
        }
    }
    for (int i = 0; i < 2; i++) {
        if (pipe2(outputs[i], O_CLOEXEC) != 0
            || !watch_pipe(e, &e->outputs[i].watch, &outputs[i][0], EPOLLIN, output_ready)) {
            return false;
        }
    }
    return true;
}

static void close_all(int *fds, int count) {
    for (int i = 0; i < count; i++) {
        if (fds[i] >= 0) {
            (void) close(fds[i]);
        }
    }
}

static int spawn(struct exec *e, const struct exec_request *r) {
    struct service *service = &e->stream->mux->agent->service;
    int input[2] = {-1, -1}, outputs[2][2] = {{-1, -1}, {-1, -1}};
    char home[HOME_MAX + 8];
    char **env = NULL;
    int error = ENOMEM;
    if (snprintf(home, sizeof home, "HOME=%s", r->who.home) < 0) {
        return EINVAL;
    }
    env = environment_merge(&service->env, &r->env, home);
    if (env == NULL) {
        goto done;
    }
    bool with_input = (r->flags & FLAG_INPUT) != 0;
    // So that a command that is not root's can open /dev/stdin, /dev/stdout and /dev/stderr again.
    if (!make_pipes(e, with_input, input, outputs) || (with_input && fchown(input[0], r->who.uid, r->who.gid) != 0)
        || fchown(outputs[0][1], r->who.uid, r->who.gid) != 0 || fchown(outputs[1][1], r->who.uid, r->who.gid) != 0) {
        error = errno;
        goto done;
    }
    struct command command = {
        .argv = r->argv.items, .env = env, .who = &r->who, .directory = r->directory,
        .input = input[0], .output = outputs[0][1], .error = outputs[1][1],
    };
    error = child_spawn(&e->stream->mux->agent->children, &e->child, &command);
done:
    close_all(input, 2);
    close_all(outputs[0], 2);
    close_all(outputs[1], 2);
    free(env);
    return error;
}

// What the request leaves open is the service's.
static bool inherit(char **value, const char *from, const char *otherwise) {
    if (**value != 0) {
        return true;
    }
    free(*value);
    *value = strdup(from != NULL ? from : otherwise);
    return *value != NULL;
}

// 0, or an errno with a message.
static int take_request(struct stream *s, struct reader *request, struct exec_request *r, char *message, size_t size) {
    const struct agent *agent = s->mux->agent;
    r->flags = read_u32(request);
    if (!read_strings(request, &r->argv) || !read_strings(request, &r->env) || !read_string(request, &r->user)
        || !read_string(request, &r->directory)) {
        return ENOMEM;
    }
    if (!reader_done(request) || r->argv.count == 0 || (r->flags & ~FLAG_INPUT) != 0) {
        if (snprintf(message, size, "the request of EXEC is malformed") < 0) {
            message[0] = 0;
        }
        return EINVAL;
    }
    if (!inherit(&r->user, agent->service.user, "") || !inherit(&r->directory, agent->service.directory, "/")) {
        return ENOMEM;
    }
    return identity_of(r->user, agent->passwd_path, agent->group_path, &r->who, message, size);
}

static struct exec *new_exec(struct stream *s) {
    struct exec *e = calloc(1, sizeof *e);
    if (e == NULL) {
        return NULL;
    }
    e->stream = s;
    e->input.fd = -1;
    e->child.startup.fd = -1;
    e->child.started = exec_started;
    e->child.exited = exec_exited;
    for (int i = 0; i < 2; i++) {
        e->outputs[i].watch.fd = -1;
        e->outputs[i].exec = e;
        e->outputs[i].flag = (uint8_t) i;
    }
    s->state = e;
    return e;
}

static void open_exec(struct stream *s, struct reader *request) {
    struct exec_request r = {0};
    char message[200] = "no memory";
    struct exec *e = new_exec(s);
    int error = e == NULL ? ENOMEM : take_request(s, request, &r, message, sizeof message);
    if (error != 0) {
        stream_fail(s, error, "%s", message);
        goto done;
    }
    if (snprintf(e->program, sizeof e->program, "%s", r.argv.items[0]) < 0) {
        e->program[0] = 0;
    }
    error = spawn(e, &r);
    if (error != 0) {
        stream_fail(s, error, "start %s: %s", e->program, strerror(error));
    }
done:
    strings_free(&r.argv);
    strings_free(&r.env);
    free(r.user);
    free(r.directory);
}

static void signal_exec(struct stream *s, int number) {
    struct exec *e = s->state;
    child_signal(&e->child, number);
}

static void release_exec(struct stream *s, enum over how) {
    struct exec *e = s->state;
    if (e == NULL) {
        return;
    }
    if (how != OVER_ENDED) {
        child_signal(&e->child, SIGKILL);
    }
    child_forget(&e->child);
    loop_unwatch(&e->input);
    loop_unwatch(&e->outputs[0].watch);
    loop_unwatch(&e->outputs[1].watch);
    inlet_free(&e->inlet);
    loop_discard(s->mux->loop, &e->garbage);
    s->state = NULL;
}

const struct kind kind_exec = {
    .name = "EXEC",
    .open = open_exec,
    .data = take_input,
    .eof = take_eof,
    .signal = signal_exec,
    .send = send_exec,
    .release = release_exec,
};

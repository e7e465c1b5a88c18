// SPDX-License-Identifier: Apache-2.0
#include "channel.h"

#include "console.h"
#include "report.h"
#include "wire.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

// A read from a virtio-console port gives at most one buffer of the driver's, 4 KiB.
#define READS_A_TURN 16

static struct channel *of_reader(struct task *task) {
    return (struct channel *) ((char *) task - offsetof(struct channel, reader));
}

static struct channel *of_port(struct watch *watch) {
    return (struct channel *) ((char *) watch - offsetof(struct channel, port));
}

// A paused session goes on where it was when its own host says hello again. Everybody else's hello begins a new one.
static void take_up(struct channel *channel, uint64_t session) {
    if (session == channel->session) {
        mux_continue_session(channel->mux);
    } else {
        mux_forget_all(channel->mux);
        // What an earlier session left unsent is nobody's any more.
        outbox_clear(&channel->out);
        mux_begin_session(channel->mux);
        channel->session = session;
    }
    inbox_cut(&channel->in);
}

static void answer_hello(struct channel *channel) {
    const struct hello *hello = &channel->in.hello;
    uint8_t answer[HELLO_SIZE] = {0};
    memcpy(answer, HELLO_MAGIC, HELLO_MAGIC_SIZE);
    put_u16(answer + HELLO_VERSION_AT, CHANNEL_VERSION);
    put_u16(answer + HELLO_ROLE_AT, ROLE_GUEST);
    put_u64(answer + HELLO_SESSION_AT, hello->session);
    if (hello->version == CHANNEL_VERSION) {
        take_up(channel, hello->session);
    }
    outbox_bytes(&channel->out, answer, sizeof answer);
}

static void handle_input(struct channel *channel) {
    while (outbox_takes_requests(&channel->out)) {
        switch (inbox_next(&channel->in)) {
        case INBOX_HELLO:
            answer_hello(channel);
            break;
        case INBOX_FRAME:
            if (!mux_frame(channel->mux, &channel->in.frame)) {
                fatal("the host broke the channel's protocol: %s", channel->mux->violation);
            }
            break;
        case INBOX_BAD:
            fatal("the host broke the channel's protocol: %s", channel->in.violation);
        case INBOX_MORE:
        default:
            return;
        }
    }
}

// False when there is nothing to read now.
static bool read_once(struct channel *channel) {
    size_t room;
    uint8_t *at = inbox_space(&channel->in, &room);
    ssize_t n;
    do {
        n = read(channel->port.fd, at, room);
    } while (n < 0 && errno == EINTR);
    if (n == 0) {
        power_off(); // the host has closed its side: nobody is left who could reach this guest
    }
    if (n < 0) {
        if (errno != EAGAIN) {
            fatal("read from the channel's port: %s", strerror(errno));
        }
        return false;
    }
    inbox_added(&channel->in, (size_t) n);
    return true;
}

static void read_port(struct task *task) {
    struct channel *channel = of_reader(task);
    handle_input(channel);
    for (int i = 0; i < READS_A_TURN && outbox_takes_requests(&channel->out); i++) {
        if (!read_once(channel)) {
            return;
        }
        handle_input(channel);
        if (outbox_used(&channel->out) > 0) {
            break; // the answer goes out first
        }
    }
    if (outbox_takes_requests(&channel->out)) {
        task_queue(&channel->loop->ready, task);
    }
}

static void port_ready(struct watch *watch, uint32_t events) {
    struct channel *channel = of_port(watch);
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
        power_off();
    }
    task_queue(&channel->loop->ready, &channel->reader);
}

static void flush(void *of) {
    struct channel *channel = of;
    struct outbox *out = &channel->out;
    bool held_back = !outbox_takes_requests(out);
    while (outbox_used(out) > 0) {
        ssize_t n = write(channel->port.fd, out->bytes + out->start, outbox_used(out));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && errno == EAGAIN) {
            break; // an event comes when there is room
        }
        if (n < 0 && errno == EPIPE) {
            power_off();
        }
        if (n <= 0) {
            fatal("write to the channel's port: %s", n < 0 ? strerror(errno) : "nothing taken");
        }
        out->start += (size_t) n;
    }
    if (held_back && outbox_takes_requests(out)) {
        task_queue(&channel->loop->ready, &channel->reader);
    }
}

static bool sendable(void *of) {
    const struct channel *channel = of;
    return outbox_takes_data(&channel->out);
}

bool channel_init(struct channel *channel, struct loop *loop, struct mux *mux, int fd) {
    channel->loop = loop;
    channel->mux = mux;
    channel->session = 0;
    channel->reader = (struct task) {.run = read_port};
    inbox_init(&channel->in, channel_rule);
    outbox_clear(&channel->out);
    loop->flush = flush;
    loop->sendable = sendable;
    loop->of = channel;
    return loop_watch(loop, &channel->port, fd, EPOLLIN | EPOLLOUT | EPOLLET, port_ready);
}

void channel_end_session(struct channel *channel) {
    channel->session = 0;
    inbox_scan(&channel->in);
}

// Not through the loop: whatever it did for streams could put frames between END and the hello that takes them up again.
void channel_pause(struct channel *channel) {
    inbox_scan(&channel->in);
    while (channel->in.scanning) {
        if (inbox_next(&channel->in) == INBOX_HELLO) {
            answer_hello(channel);
            continue;
        }
        flush(channel);
        bool unsent = outbox_used(&channel->out) > 0;
        struct pollfd port = {.fd = channel->port.fd, .events = (short) (unsent ? POLLIN | POLLOUT : POLLIN)};
        if (poll(&port, 1, -1) < 0 && errno != EINTR) {
            fatal("wait for the channel's port: %s", strerror(errno));
        }
        if ((port.revents & (POLLHUP | POLLERR)) != 0) {
            power_off();
        }
        (void) read_once(channel);
    }
}

bool channel_hung_up(const struct channel *channel) {
    struct pollfd port = {.fd = channel->port.fd, .events = 0};
    return poll(&port, 1, 0) == 1 && (port.revents & (POLLHUP | POLLERR)) != 0;
}

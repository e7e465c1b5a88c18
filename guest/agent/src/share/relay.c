// SPDX-License-Identifier: Apache-2.0
#include "share/relay.h"

#include "report.h"
#include "wire.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

// A read from a virtio-console port gives at most one buffer of the driver's, 4 KiB.
#define READS_A_TURN 64
#define LETTERS_A_TURN 256

void relay_wake_readers(struct relay *relay) {
    for (unsigned i = 0; i < SHARES_MAX; i++) {
        if (relay->shares[i].state != SHARE_FREE && relay->shares[i].device.fd >= 0) {
            task_queue(&relay->loop.senders, &relay->shares[i].reader);
        }
    }
}

// ---- to the host ----

bool relay_takes_requests(const struct relay *relay) {
    return relay->hold < HOLD_NO_REQUESTS && relay->next.stream == 0;
}

static void open_letters(struct task *task) {
    struct relay *relay = (struct relay *) ((char *) task - offsetof(struct relay, letters));
    for (int i = 0; i < LETTERS_A_TURN && outbox_takes_data(&relay->out); i++) {
        struct note *note = mailbox_take(&relay->mail);
        if (note == NULL) {
            return;
        }
        struct worker *from = note->from;
        bool of_job = note->kind == NOTE_DONE;
        share_take_note((struct share *) ((char *) from - offsetof(struct share, worker)), note);
        if (of_job) {
            free(note); // it is the first member of its job
        }
    }
    task_queue(&relay->loop.senders, task);
}

static void bell_rings(struct watch *watch, uint32_t events) {
    struct relay *relay = (struct relay *) ((char *) watch - offsetof(struct relay, bell));
    uint64_t count;
    (void) events;
    if (read(watch->fd, &count, sizeof count) < 0 && errno != EAGAIN && errno != EINTR) {
        fatal("shares: read from the eventfd: %s", strerror(errno));
    }
    task_queue(&relay->loop.senders, &relay->letters);
}

// ---- the session ----

// Ends all shares without a word, and what was on its way. Whatever comes next has to begin with a hello.
static void end_session(struct relay *relay) {
    for (unsigned i = 0; i < SHARES_MAX; i++) {
        share_end(&relay->shares[i], ECANCELED, NULL);
    }
    outbox_clear(&relay->out);
    relay->hold = HOLD_NO;
    relay->sending.stream = 0;
    relay->next.stream = 0;
    relay->arriving.stream = 0;
    relay->part_left = 0;
    for (unsigned i = 0; i < SHARES_MAX; i++) {
        share_finish(&relay->shares[i]); // those that had ended, and waited for the last of their parts
    }
    inbox_scan(&relay->in);
}

static void answer_hello(struct relay *relay) {
    uint8_t answer[HELLO_SIZE] = {0};
    const struct hello *hello = &relay->in.hello;
    memcpy(answer, HELLO_MAGIC, HELLO_MAGIC_SIZE);
    put_u16(answer + HELLO_VERSION_AT, CHANNEL_VERSION);
    put_u16(answer + HELLO_ROLE_AT, ROLE_GUEST);
    put_u64(answer + HELLO_SESSION_AT, hello->session);
    if (hello->version == CHANNEL_VERSION) {
        inbox_cut(&relay->in);
    }
    relay->hello_waits = false;
    outbox_bytes(&relay->out, answer, sizeof answer);
}

void relay_settled(struct relay *relay) {
    bool busy = false;
    for (unsigned i = 0; i < SHARES_MAX; i++) {
        const struct share *share = &relay->shares[i];
        busy |= share->jobs > 0 || (share->state != SHARE_FREE && share->state != SHARE_ATTACHED);
    }
    if (relay->hold == HOLD_ASKED && !busy) {
        relay->hold = HOLD_NO_REQUESTS;
    }
    if (relay->hold == HOLD_NO_REQUESTS && relay->sending.stream == 0 && relay->next.stream == 0) {
        outbox_frame(&relay->out, PORT_HELD, 0, 1, NULL, 0);
        relay->hold = HOLD_HELD;
    }
    if (relay->hello_waits && relay->live == 0) {
        answer_hello(relay);
        task_queue(&relay->loop.ready, &relay->port_reader);
    }
}

// ---- from the host ----

static bool take_job(struct relay *relay, struct share *share, const struct frame *f) {
    if (share->jobs >= JOBS_MAX) {
        return inbox_bad(&relay->in, "more than 1024 NOTIFY and REPLAY without their DONE, of share", f->stream);
    }
    if (!worker_add(&share->worker, f->type, f->payload, f->length)) {
        share_end(share, ENOMEM, "take a NOTIFY or REPLAY");
        return true;
    }
    share->jobs++;
    return true;
}

static bool take_hold(struct relay *relay, bool hold) {
    if (hold && relay->hold == HOLD_HELD) {
        outbox_frame(&relay->out, PORT_HELD, 0, 1, NULL, 0); // what came between the two has been dealt with
        return true;
    }
    if (hold == (relay->hold != HOLD_NO)) {
        return inbox_bad(&relay->in, hold ? "HOLD after HOLD" : "GO without HOLD", relay->hold);
    }
    relay->hold = hold ? HOLD_ASKED : HOLD_NO;
    if (!hold) {
        relay_wake_readers(relay);
    }
    relay_settled(relay);
    return true;
}

// False when the frame breaks the protocol. What is for a share that has ended by itself comes from before the host knew.
static bool take_frame(struct relay *relay, const struct frame *f) {
    struct share *share = &relay->shares[f->stream - 1];
    bool work = f->type == PORT_ATTACH || f->type == PORT_NOTIFY || f->type == PORT_REPLAY || f->type == PORT_SYNC
             || f->type == PORT_DETACH;
    if (work && relay->hold != HOLD_NO) {
        return inbox_bad(&relay->in, "while there is a HOLD, a frame of type", f->type);
    }
    if (work && share->state == SHARE_DETACHING) {
        return inbox_bad(&relay->in, "after DETACH, a frame of type", f->type);
    }
    switch (f->type) {
    case PORT_ATTACH:
        if (share->state != SHARE_FREE) {
            return inbox_bad(&relay->in, "ATTACH of a share that is attached", f->stream);
        }
        share_attach(share, f);
        return true;
    case PORT_MESSAGE:
        share_reply(share, f->payload, f->length);
        return true;
    case PORT_PART:
        return parts_take(relay, f, f->length);
    case PORT_NOTIFY:
    case PORT_REPLAY:
    case PORT_SYNC:
        return (share->state != SHARE_ATTACHING && share->state != SHARE_ATTACHED) || take_job(relay, share, f);
    case PORT_DETACH:
        if (share->state == SHARE_ATTACHING || share->state == SHARE_ATTACHED) {
            share->state = SHARE_DETACHING;
            worker_detach(&share->worker);
        }
        return true;
    case PORT_HOLD:
    case PORT_GO:
    default:
        return take_hold(relay, f->type == PORT_HOLD);
    }
}

static void protocol_broken(struct relay *relay) {
    report("shares: the host broke the port's protocol: %s", relay->in.violation);
    end_session(relay);
}

// Most of what comes are large replies: a part's payload needn't pass through the inbox.
static void take_beginning(struct relay *relay) {
    struct frame f;
    size_t got;
    if (inbox_take_beginning(&relay->in, PORT_PART, &f, &got) && !parts_take(relay, &f, got)) {
        protocol_broken(relay);
    }
}

static void handle_input(struct relay *relay) {
    while (!relay->hello_waits) {
        enum inbox_event event = inbox_next(&relay->in);
        if (event == INBOX_MORE) {
            take_beginning(relay);
            return;
        }
        if (event == INBOX_HELLO) {
            relay->hello_waits = true;
            relay_settled(relay);
        } else if (event == INBOX_BAD || !take_frame(relay, &relay->in.frame)) {
            // A new host that took over a session, as in a restored checkpoint, is no violation.
            if (event == INBOX_BAD && inbox_at_hello(&relay->in)) {
                end_session(relay);
            } else {
                protocol_broken(relay);
            }
        }
    }
}

// ---- the port ----

static void disconnected(struct relay *relay) {
    if (relay->connected) {
        relay->connected = false;
        relay->hello_waits = false;
        end_session(relay);
        inbox_init(&relay->in, port_rule);
    }
}

// False when there is nothing to read now; an event comes when there is, or when a host has connected.
static bool read_once(struct relay *relay) {
    size_t room;
    uint8_t *at = parts_space(relay, &room);
    bool of_part = room > 0;
    ssize_t n;
    if (!of_part) {
        at = inbox_space(&relay->in, &room);
    }
    do {
        n = read(relay->port.fd, at, room);
    } while (n < 0 && errno == EINTR);
    if (n == 0) {
        disconnected(relay);
    }
    if (n < 0 && errno != EAGAIN) {
        fatal("shares: read from the port: %s", strerror(errno));
    }
    if (n <= 0) {
        return false;
    }
    relay->connected = true;
    if (!of_part) {
        inbox_added(&relay->in, (size_t) n);
    } else if (!parts_added(relay, (size_t) n)) {
        protocol_broken(relay);
    }
    return true;
}

static void read_port(struct task *task) {
    struct relay *relay = (struct relay *) ((char *) task - offsetof(struct relay, port_reader));
    handle_input(relay);
    for (int i = 0; i < READS_A_TURN; i++) {
        // relay_settled comes back to what is left in the inbox
        if (relay->hello_waits || !read_once(relay)) {
            return;
        }
        handle_input(relay);
    }
    task_queue(&relay->loop.ready, task);
}

static void port_ready(struct watch *watch, uint32_t events) {
    struct relay *relay = (struct relay *) ((char *) watch - offsetof(struct relay, port));
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
        disconnected(relay);
        return;
    }
    task_queue(&relay->loop.ready, &relay->port_reader);
}

static void flush(void *of) {
    struct relay *relay = of;
    struct outbox *out = &relay->out;
    while (outbox_used(out) > 0) {
        ssize_t n = write(relay->port.fd, out->bytes + out->start, outbox_used(out));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && errno == EPIPE) {
            disconnected(relay);
        } else if (n < 0 && errno != EAGAIN) {
            fatal("shares: write to the port: %s", strerror(errno));
        }
        if (n <= 0) {
            return; // an event comes when there is room
        }
        out->start += (size_t) n;
    }
}

// While it is held nothing may be sent but what frees it, which comes from the host.
static bool sendable(void *of) {
    const struct relay *relay = of;
    return outbox_takes_data(&relay->out) && relay->hold != HOLD_HELD;
}

bool relay_init(struct relay *relay, int port) {
    if (!loop_init(&relay->loop) || !mailbox_init(&relay->mail)) {
        return false;
    }
    relay->loop.flush = flush;
    relay->loop.sendable = sendable;
    relay->loop.of = relay;
    relay->port_reader = (struct task) {.run = read_port};
    relay->letters = (struct task) {.run = open_letters};
    relay->parts = (struct task) {.run = parts_send};
    relay->live = 0;
    relay->part_left = 0;
    relay->hello_waits = false;
    relay->connected = false;
    relay->hold = HOLD_NO;
    relay->sending = (struct large) {.bytes = relay->buffers[0]};
    relay->next = (struct large) {.bytes = relay->buffers[1]};
    relay->arriving = (struct large) {.bytes = relay->buffers[2]};
    inbox_init(&relay->in, port_rule);
    outbox_clear(&relay->out);
    for (unsigned i = 0; i < SHARES_MAX; i++) {
        relay->shares[i] = (struct share) {.relay = relay, .id = i + 1, .device.fd = -1};
    }
    return loop_watch(&relay->loop, &relay->bell, relay->mail.bell, EPOLLIN, bell_rings)
        && loop_watch(&relay->loop, &relay->port, port, EPOLLIN | EPOLLOUT | EPOLLET, port_ready);
}

void relay_serve(struct relay *relay) {
    for (;;) {
        loop_turn(&relay->loop, -1);
    }
}

void relay_close(struct relay *relay) {
    relay->hello_waits = false;
    end_session(relay);
    while (relay->live > 0) {
        loop_turn(&relay->loop, -1);
    }
    loop_unwatch(&relay->bell);
    loop_unwatch(&relay->port);
    mailbox_close(&relay->mail);
    loop_close(&relay->loop);
}

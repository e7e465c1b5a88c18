// SPDX-License-Identifier: Apache-2.0
#include "share/relay.h"

#include "report.h"
#include "wire.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define REQUESTS_A_TURN 32
#define USER_ATTRIBUTES "user."

static struct share *of_reader(struct task *task) {
    return (struct share *) ((char *) task - offsetof(struct share, reader));
}

static void say_refused(struct share *share, int error, const char *message) {
    uint8_t payload[8 + GROUND_MESSAGE_MAX];
    uint32_t length = (uint32_t) strlen(message);
    put_u32(payload, (uint32_t) error);
    put_u32(payload + 4, length);
    memcpy(payload + 8, message, length);
    outbox_frame(&share->relay->out, PORT_REFUSED, 0, share->id, payload, 8 + length);
}

// ---- requests ----

static bool answer(struct share *share, const uint8_t *request, int error) {
    uint8_t reply[FUSE_REPLY_MIN] = {FUSE_REPLY_MIN};
    put_u32(reply + FUSE_REPLY_ERROR_AT, (uint32_t) -error);
    memcpy(reply + FUSE_REPLY_UNIQUE_AT, request + FUSE_UNIQUE_AT, 8);
    share_reply(share, reply, sizeof reply);
    return true;
}

// No share has attributes but those of users. The guest's kernel asks for security.capability before the first write to each file.
static bool is_of_user(const uint8_t *request, size_t length) {
    size_t prefix = sizeof USER_ATTRIBUTES - 1;
    return length < FUSE_ATTRIBUTE_NAME_AT + prefix
        || memcmp(request + FUSE_ATTRIBUTE_NAME_AT, USER_ATTRIBUTES, prefix) == 0;
}

// A kernel asks for what comes behind the last entry of each listing.
static bool is_at_end(const uint8_t *request, size_t length) {
    return length >= FUSE_POSITION_END && get_u64(request + FUSE_POSITION_AT) == LISTING_END;
}

// What needs nobody on the host. Once a program has asked for a lock of POSIX, closing any descriptor of the file gives it up.
static bool answer_here(struct share *share, const uint8_t *request, size_t length) {
    switch (get_u32(request + FUSE_OPCODE_AT)) {
    case FUSE_FLUSH:
        return !share->locks && answer(share, request, 0);
    case FUSE_GETXATTR:
        return !is_of_user(request, length) && answer(share, request, EOPNOTSUPP);
    case FUSE_READDIR:
    case FUSE_READDIRPLUS:
        return is_at_end(request, length) && answer(share, request, 0);
    case FUSE_SETLK:
    case FUSE_SETLKW:
        share->locks |= length < FUSE_LOCK_SIZE || (get_u32(request + FUSE_LOCK_FLAGS_AT) & FUSE_LOCK_FLOCK) == 0;
        return false;
    default:
        return false;
    }
}

// False when there is nothing to read now.
static bool read_request(struct share *share) {
    uint8_t *bytes = share->relay->next.bytes;
    ssize_t n = read(share->device.fd, bytes, MESSAGE_MAX);
    if (n < 0 && (errno == EINTR || errno == ENOENT)) {
        return true; // ENOENT: whoever asked has been killed meanwhile
    }
    if (n < 0 && errno == EAGAIN) {
        return false;
    }
    if (n < (ssize_t) FUSE_REQUEST_MIN) {
        int error = n < 0 ? errno : n == 0 ? ENODEV : EIO;
        share_end(share, error, error == ENODEV ? "the folder was unmounted in the guest" : "read a request from /dev/fuse");
        return false;
    }
    if (!answer_here(share, bytes, (size_t) n)) {
        relay_send_request(share, (size_t) n);
    }
    return true;
}

static void read_requests(struct task *task) {
    struct share *share = of_reader(task);
    for (int i = 0; i < REQUESTS_A_TURN; i++) {
        // Not queued again: relay.c wakes all readers when requests are taken again.
        if (!relay_takes_requests(share->relay) || share->device.fd < 0) {
            return;
        }
        if (!outbox_takes_data(&share->relay->out)) {
            break;
        }
        if (!read_request(share)) {
            return;
        }
    }
    task_queue(&share->relay->loop.senders, task);
}

static void device_ready(struct watch *watch, uint32_t events) {
    struct share *share = (struct share *) ((char *) watch - offsetof(struct share, device));
    (void) events; // an end shows when it is read
    task_queue(&share->relay->loop.senders, &share->reader);
}

void share_reply(struct share *share, const uint8_t *message, size_t length) {
    if (share->device.fd < 0) {
        return; // it has ended, and the host does not know yet
    }
    ssize_t n;
    do {
        n = write(share->device.fd, message, length);
    } while (n < 0 && errno == EINTR);
    // ENOENT: nobody waits for it any more. ENODEV, EPERM: unmounted, or the connection ended; a read will tell.
    if (n < 0 && errno != ENOENT && errno != ENODEV && errno != EPERM && errno != ENOTCONN && errno != ECONNABORTED
        && errno != EPIPE) {
        share_end(share, errno, "write a reply to /dev/fuse");
    }
}

// ---- life ----

void share_attach(struct share *share, const struct frame *f) {
    struct ground ground = {.device = -1, .abort = -1};
    struct reader r = reader_of(f->payload, f->length);
    bool enough = read_string(&r, &ground.where) && read_string(&r, &ground.user);
    ground.flags = read_u32(&r);
    ground.max_transfer = read_u32(&r);
    int error = enough ? 0 : ENOMEM;
    if (enough && (!reader_done(&r) || ground.where[0] != '/' || (ground.flags & ~ATTACH_READ_ONLY) != 0
                   || ground.max_transfer < TRANSFER_MIN || ground.max_transfer > TRANSFER_MAX)) {
        error = EINVAL;
    }
    if (error == 0) {
        error = worker_begin(&share->worker, ground, &share->relay->mail);
    }
    if (error != 0) {
        free(ground.where);
        free(ground.user);
        say_refused(share, error, error == EINVAL ? "the request of ATTACH is malformed" : "no thread for the share");
        return;
    }
    share->state = SHARE_ATTACHING;
    share->silent = false;
    share->ended = false;
    share->locks = false;
    share->jobs = 0;
    share->error = 0;
    share->device.fd = -1;
    share->reader = (struct task) {.run = read_requests};
    share->relay->live++;
}

void share_end(struct share *share, int error, const char *why) {
    share->silent |= why == NULL;
    if (share->state == SHARE_FREE || share->ended) {
        return;
    }
    if (share->state != SHARE_DETACHING && share->error == 0) {
        share->error = error; // what the host is told: the first reason
        share->why = why;
    }
    if (why == NULL || share->state != SHARE_DETACHING) {
        share->state = SHARE_ENDING;
    }
    worker_stop(&share->worker);
    if (share->device.fd >= 0) {
        ground_abort(&share->worker.ground);
    }
}

// Before any request: the host has to know whose files are to be before it can answer one.
static void say_user(struct share *share, const struct ground *ground) {
    uint8_t payload[8];
    put_u32(payload, ground->uid);
    put_u32(payload + 4, ground->gid);
    outbox_frame(&share->relay->out, PORT_USER, 0, share->id, payload, sizeof payload);
}

static void mounted(struct share *share) {
    struct relay *relay = share->relay;
    const struct ground *ground = &share->worker.ground;
    if (!share->silent) {
        say_user(share, ground);
    }
    if (!loop_watch(&relay->loop, &share->device, ground->device, EPOLLIN | EPOLLET, device_ready)) {
        int error = errno;
        ground_abort(ground);
        share_end(share, error, "watch /dev/fuse");
        return;
    }
    if (share->state == SHARE_ENDING) {
        ground_abort(ground); // it was to end before there was anything to end
    }
}

static void attached(struct share *share) {
    if (share->state == SHARE_ENDING) {
        return;
    }
    if (share->state == SHARE_ATTACHING) {
        share->state = SHARE_ATTACHED;
    }
    outbox_frame(&share->relay->out, PORT_ATTACHED, 0, share->id, NULL, 0);
}

static void done(struct share *share, const struct note *note) {
    uint8_t payload[8];
    share->jobs--;
    if (share->silent) {
        return;
    }
    put_u32(payload, note->sequence);
    put_u32(payload + 4, (uint32_t) note->error);
    outbox_frame(&share->relay->out, PORT_DONE, 0, share->id, payload, sizeof payload);
}

static void ended(struct share *share) {
    struct ground *ground = &share->worker.ground;
    task_cancel(&share->reader);
    if (share->device.fd >= 0) {
        loop_unwatch(&share->device); // closes it, and so the connection
    } else if (ground->device >= 0) {
        (void) close(ground->device);
    }
    if (ground->abort >= 0) {
        (void) close(ground->abort);
    }
    worker_join(&share->worker);
    share->ended = true;
    share_finish(share);
}

void share_finish(struct share *share) {
    struct relay *relay = share->relay;
    if (!share->ended || relay->sending.stream == share->id || relay->next.stream == share->id) {
        return;
    }
    const struct worker *w = &share->worker;
    int error = share->error != 0 ? share->error : w->error;
    if (!share->silent && error != 0) {
        // What the worker met on its way out is the consequence of an earlier error, if there was one.
        say_refused(share, error, share->error == 0 ? w->message : share->why);
    } else if (!share->silent) {
        outbox_frame(&relay->out, PORT_DETACHED, 0, share->id, NULL, 0);
    }
    share->ended = false;
    share->state = SHARE_FREE;
    share->jobs = 0;
    relay->live--;
}

void share_take_note(struct share *share, const struct note *note) {
    switch (note->kind) {
    case NOTE_MOUNTED:
        mounted(share);
        break;
    case NOTE_ATTACHED:
        attached(share);
        break;
    case NOTE_DONE:
        done(share, note);
        break;
    case NOTE_ENDED:
    default:
        ended(share);
        break;
    }
    relay_settled(share->relay);
}

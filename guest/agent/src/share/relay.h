// SPDX-License-Identifier: Apache-2.0
// The relay of shared folders (docs/shared-folders.md): moves requests of the guest's kernel to the host and replies back,
// and gives all else to the shares' own threads. Everything here belongs to one thread, which never walks a path of the guest,
// never waits but in its loop, and ends all shares when the host is gone, another one says hello, or the protocol is broken.
#ifndef THAW_SHARE_RELAY_H
#define THAW_SHARE_RELAY_H

#include "inbox.h"
#include "loop.h"
#include "outbox.h"
#include "share/port.h"
#include "share/worker.h"

struct relay;

enum share_state {
    SHARE_FREE,
    SHARE_ATTACHING,
    SHARE_ATTACHED,
    SHARE_DETACHING, // the host has asked for it
    SHARE_ENDING, // of its own, or as all are to end
};

struct share {
    struct relay *relay;
    uint32_t id;
    enum share_state state;
    bool silent; // the host is to hear nothing more of it
    bool ended; // the thread is gone, and what is left of a message is in the way of the last word
    bool locks; // POSIX locks have been asked for, so a FLUSH may give some up
    unsigned jobs; // not answered yet
    int error; // why it ends, if it isn't the thread that says it
    const char *why;
    struct watch device;
    struct task reader;
    struct worker worker;
};

enum hold { HOLD_NO, HOLD_ASKED, HOLD_NO_REQUESTS, HOLD_HELD };

// A request that goes out in parts, or a reply that comes in parts. stream is 0 when there is none.
struct large {
    uint8_t *bytes; // MESSAGE_MAX of them
    size_t length, sent;
    uint32_t stream;
};

struct relay {
    struct loop loop;
    struct watch port, bell;
    struct task port_reader, letters, parts;
    struct mailbox mail;
    struct inbox in;
    struct outbox out;
    struct share shares[SHARES_MAX];
    unsigned live; // shares that are not free
    bool hello_waits; // to be answered once no share is left
    bool connected;
    enum hold hold;
    struct large sending, next; // next: read from /dev/fuse while one was being sent; until it is, no more is read
    struct large arriving;
    size_t part_left; // of a part's payload, which is read from the port straight to its place
    bool part_last;
    uint8_t buffers[3][MESSAGE_MAX];
};

// Takes over port, which must be non-blocking. False with errno.
bool relay_init(struct relay *relay, int port);
// As long as the process lives.
__attribute__((noreturn)) void relay_serve(struct relay *relay);
// For tests: ends all shares and waits until they are.
void relay_close(struct relay *relay);

// share.c, what relay.c does with one share; all of them by its thread.
void share_attach(struct share *share, const struct frame *f);
void share_take_note(struct share *share, const struct note *note);
// Begins to end it. The host is told error and why; nothing if why is NULL.
void share_end(struct share *share, int error, const char *why);
// Says the last word and frees it, if it has ended and nothing of it is being sent.
void share_finish(struct share *share);
// A reply for the guest's kernel.
void share_reply(struct share *share, const uint8_t *message, size_t length);

// parts.c, for relay.c: a reply that comes in parts. False when the protocol is broken, as the inbox then says.
// A part, of whose payload got bytes are there; the rest goes to parts_space.
bool parts_take(struct relay *relay, const struct frame *f, size_t got);
// Where the rest of a part goes; room is 0 if there is none to come.
uint8_t *parts_space(struct relay *relay, size_t *room);
bool parts_added(struct relay *relay, size_t count);
// parts.c: the task that sends a part of relay->sending.
void parts_send(struct task *task);

// relay.c, for share.c and parts.c
void relay_wake_readers(struct relay *relay);
bool relay_takes_requests(const struct relay *relay);
// parts.c: a whole request that was read into next.bytes.
void relay_send_request(struct share *share, size_t length);
// Something is over that a HOLD or a hello may wait for.
void relay_settled(struct relay *relay);

#endif

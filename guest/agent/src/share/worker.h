// SPDX-License-Identifier: Apache-2.0
// A share's own thread: it attaches, hands notifications to the kernel, replays, and detaches, one after the other and all
// that may wait. It tells the relay's thread what it has done by notes in a mailbox. The relay's thread calls all of
// these functions; none of them waits, but worker_join for a thread that is at its end.
#ifndef THAW_SHARE_WORKER_H
#define THAW_SHARE_WORKER_H

#include "share/ground.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct worker;

enum note_kind {
    NOTE_MOUNTED, // ground's descriptors are there, and requests are about to come
    NOTE_ATTACHED,
    NOTE_DONE, // a job; the note is to be freed
    NOTE_ENDED, // nothing is mounted any more: the last note. worker->error is 0 after worker_detach
};

struct note {
    struct note *next;
    struct worker *from;
    enum note_kind kind;
    int error;
    uint32_t sequence;
};

struct mailbox {
    pthread_mutex_t lock;
    struct note *first, *last;
    int bell; // an eventfd: there is something to take
};

struct job;

struct worker {
    struct ground ground;
    struct mailbox *mail;
    struct note mounted, attached, ended;
    int error;
    char message[GROUND_MESSAGE_MAX];
    pthread_t thread;
    pthread_mutex_t lock; // of what follows
    pthread_cond_t changed;
    struct job *first, *last;
    bool detach; // once no job is left
    bool stop; // at once
};

bool mailbox_init(struct mailbox *mail);
void mailbox_close(struct mailbox *mail);
// NULL when it is empty. The caller has heard the bell.
struct note *mailbox_take(struct mailbox *mail);

// Takes over where and user of ground, if it begins. 0 or an errno.
int worker_begin(struct worker *w, struct ground ground, struct mailbox *mail);
// A NOTIFY, REPLAY or SYNC whose payload this is. False when memory is short.
bool worker_add(struct worker *w, uint8_t type, const uint8_t *payload, size_t length);
void worker_detach(struct worker *w);
// Drops what has not begun. What waits for the server, waits until ground_abort.
void worker_stop(struct worker *w);
// After NOTE_ENDED: frees what it has but the descriptors of ground.
void worker_join(struct worker *w);

#endif

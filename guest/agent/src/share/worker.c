// SPDX-License-Identifier: Apache-2.0
#include "share/worker.h"

#include "report.h"
#include "share/port.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

struct job {
    struct note note; // its answer
    struct job *next;
    uint8_t type;
    size_t length;
    uint8_t bytes[];
};

// Locking can only fail where a lock is misused, which would be ours to mend.
static void lock(pthread_mutex_t *mutex) {
    if (pthread_mutex_lock(mutex) != 0) {
        abort();
    }
}

static void unlock(pthread_mutex_t *mutex) {
    if (pthread_mutex_unlock(mutex) != 0) {
        abort();
    }
}

// ---- mailbox ----

bool mailbox_init(struct mailbox *mail) {
    *mail = (struct mailbox) {.bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    return mail->bell >= 0 && pthread_mutex_init(&mail->lock, NULL) == 0;
}

void mailbox_close(struct mailbox *mail) {
    (void) pthread_mutex_destroy(&mail->lock);
}

static void post(struct worker *w, struct note *note, enum note_kind kind, int error) {
    const uint64_t one = 1;
    struct mailbox *mail = w->mail;
    note->next = NULL;
    note->from = w;
    note->kind = kind;
    note->error = error;
    lock(&mail->lock);
    if (mail->last != NULL) {
        mail->last->next = note;
    } else {
        mail->first = note;
    }
    mail->last = note;
    unlock(&mail->lock);
    // After the last note the worker may be gone, but never the mailbox. EAGAIN: it has rung 2^64 times.
    if (write(mail->bell, &one, sizeof one) != sizeof one && errno != EAGAIN) {
        report("shares: ring for the relay's thread: %s", strerror(errno));
    }
}

struct note *mailbox_take(struct mailbox *mail) {
    lock(&mail->lock);
    struct note *note = mail->first;
    if (note != NULL) {
        mail->first = note->next;
        if (mail->first == NULL) {
            mail->last = NULL;
        }
    }
    unlock(&mail->lock);
    return note;
}

// ---- the thread ----

// The server tells replays from other requests by the thread that makes them, which it learns from this one.
static int introduce(struct worker *w) {
    struct stat status;
    int root = ground_root(&w->ground, false);
    int error = root < 0 ? errno : 0;
    if (error == 0 && fstatat(root, REPLAYER_NAME, &status, AT_SYMLINK_NOFOLLOW) != 0 && errno != ENOENT) {
        error = errno;
    }
    if (root >= 0) {
        (void) close(root);
    }
    if (error != 0 && snprintf(w->message, sizeof w->message, "ask the server of %s for its first answer: %s",
                               w->ground.where, strerror(error)) < 0) {
        w->message[0] = 0;
    }
    return error;
}

static int notify(const struct worker *w, const struct job *job) {
    ssize_t n;
    do {
        n = write(w->ground.device, job->bytes + 4, job->length - 4);
    } while (n < 0 && errno == EINTR);
    // Nothing of it was cached, so nothing had to be forgotten.
    return n >= 0 || errno == ENOENT ? 0 : errno;
}

// root stays open as long as there is more to do, since opening it may take a mount of its own, and no longer, since an open
// one would keep others from unmounting.
static int replay(const struct worker *w, const struct job *job, int *root) {
    if (!ground_is_watched(w->ground.dev)) {
        return ENODATA;
    }
    if (*root < 0) {
        *root = ground_root(&w->ground, true);
    }
    return *root < 0 ? errno : ground_replay(*root, job->bytes + 4, job->length - 4);
}

static int do_job(const struct worker *w, const struct job *job, int *root) {
    switch (job->type) {
    case PORT_NOTIFY:
        return notify(w, job);
    case PORT_SYNC:
        return ground_sync(&w->ground);
    case PORT_REPLAY:
    default:
        return replay(w, job, root);
    }
}

// NULL when it is time to end. Closes root before it waits.
static struct job *next_job(struct worker *w, int *root) {
    lock(&w->lock);
    while (w->first == NULL && !w->stop && !w->detach) {
        if (*root >= 0) {
            unlock(&w->lock);
            (void) close(*root);
            *root = -1;
            lock(&w->lock);
            continue;
        }
        if (pthread_cond_wait(&w->changed, &w->lock) != 0) {
            abort();
        }
    }
    struct job *job = w->stop ? NULL : w->first;
    if (job != NULL) {
        w->first = job->next;
        if (w->first == NULL) {
            w->last = NULL;
        }
    }
    unlock(&w->lock);
    return job;
}

static void work(struct worker *w) {
    int root = -1;
    struct job *job;
    while ((job = next_job(w, &root)) != NULL) {
        post(w, &job->note, NOTE_DONE, do_job(w, job, &root));
    }
    if (root >= 0) {
        (void) close(root);
    }
}

static void *run(void *of) {
    struct worker *w = of;
    w->error = ground_mount(&w->ground, w->message);
    if (w->error == 0) {
        post(w, &w->mounted, NOTE_MOUNTED, 0);
        w->error = introduce(w);
        if (w->error == 0) {
            ground_read_ahead(&w->ground);
            post(w, &w->attached, NOTE_ATTACHED, 0);
            work(w);
        }
        ground_unmount(&w->ground);
    }
    post(w, &w->ended, NOTE_ENDED, w->error);
    return NULL;
}

// ---- for the relay's thread ----

int worker_begin(struct worker *w, struct ground ground, struct mailbox *mail) {
    *w = (struct worker) {.ground = ground, .mail = mail};
    w->ground.device = -1;
    w->ground.abort = -1;
    int error = pthread_mutex_init(&w->lock, NULL);
    if (error != 0) {
        return error;
    }
    error = pthread_cond_init(&w->changed, NULL);
    if (error == 0) {
        error = pthread_create(&w->thread, NULL, run, w);
        if (error == 0) {
            return 0;
        }
        (void) pthread_cond_destroy(&w->changed);
    }
    (void) pthread_mutex_destroy(&w->lock);
    return error;
}

static void wake(struct worker *w) {
    if (pthread_cond_signal(&w->changed) != 0) {
        abort();
    }
}

bool worker_add(struct worker *w, uint8_t type, const uint8_t *payload, size_t length) {
    struct job *job = malloc(sizeof *job + length);
    if (job == NULL) {
        return false;
    }
    *job = (struct job) {.note = {.sequence = get_u32(payload)}, .type = type, .length = length};
    memcpy(job->bytes, payload, length);
    lock(&w->lock);
    if (w->last != NULL) {
        w->last->next = job;
    } else {
        w->first = job;
    }
    w->last = job;
    wake(w);
    unlock(&w->lock);
    return true;
}

void worker_detach(struct worker *w) {
    lock(&w->lock);
    w->detach = true;
    wake(w);
    unlock(&w->lock);
}

void worker_stop(struct worker *w) {
    lock(&w->lock);
    w->stop = true;
    wake(w);
    unlock(&w->lock);
}

void worker_join(struct worker *w) {
    if (pthread_join(w->thread, NULL) != 0) {
        abort();
    }
    while (w->first != NULL) {
        struct job *job = w->first;
        w->first = job->next;
        free(job);
    }
    (void) pthread_cond_destroy(&w->changed);
    (void) pthread_mutex_destroy(&w->lock);
    free(w->ground.where);
    free(w->ground.user);
    w->ground.where = NULL;
    w->ground.user = NULL;
}

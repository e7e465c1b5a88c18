// SPDX-License-Identifier: Apache-2.0
#include "loop.h"

#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define BATCH 64

bool loop_init(struct loop *loop) {
    *loop = (struct loop) {.epoll = epoll_create1(EPOLL_CLOEXEC)};
    return loop->epoll >= 0;
}

static void free_garbage(struct loop *loop) {
    while (loop->garbage != NULL) {
        struct garbage *one = loop->garbage;
        loop->garbage = one->next;
        free(one);
    }
}

void loop_close(struct loop *loop) {
    free_garbage(loop);
    if (loop->epoll >= 0) {
        (void) close(loop->epoll);
        loop->epoll = -1;
    }
}

bool loop_watch(struct loop *loop, struct watch *watch, int fd, uint32_t events,
                void (*ready)(struct watch *self, uint32_t events)) {
    struct epoll_event event = {.events = events, .data.ptr = watch};
    watch->fd = -1;
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        return false;
    }
    watch->fd = fd;
    watch->epoll = loop->epoll;
    watch->ready = ready;
    return true;
}

void loop_unwatch(struct watch *watch) {
    if (watch->fd >= 0) {
        // Closing alone would not do: a child between fork and exec shares the open file, which keeps it in the set.
        if (epoll_ctl(watch->epoll, EPOLL_CTL_DEL, watch->fd, NULL) != 0) {
            report("epoll_ctl DEL: %s", strerror(errno));
        }
        (void) close(watch->fd);
        watch->fd = -1;
    }
}

void task_queue(struct queue *queue, struct task *task) {
    if (task->queue != NULL) {
        return;
    }
    task->queue = queue;
    task->next = NULL;
    task->previous = queue->last;
    if (queue->last != NULL) {
        queue->last->next = task;
    } else {
        queue->first = task;
    }
    queue->last = task;
    queue->count++;
}

void task_cancel(struct task *task) {
    struct queue *queue = task->queue;
    if (queue == NULL) {
        return;
    }
    if (task->previous != NULL) {
        task->previous->next = task->next;
    } else {
        queue->first = task->next;
    }
    if (task->next != NULL) {
        task->next->previous = task->previous;
    } else {
        queue->last = task->previous;
    }
    task->queue = NULL;
    queue->count--;
}

void loop_discard(struct loop *loop, struct garbage *garbage) {
    garbage->next = loop->garbage;
    loop->garbage = garbage;
}

// Runs what was queued when it began; what is queued meanwhile waits for the next turn, so that descriptors are looked
// at in between.
static void run_queue(struct loop *loop, struct queue *queue, bool sending) {
    for (unsigned left = queue->count; left > 0 && queue->first != NULL; left--) {
        if (sending && !loop->sendable(loop->of)) {
            break;
        }
        struct task *task = queue->first;
        task_cancel(task);
        task->run(task);
    }
}

static bool has_work(const struct loop *loop) {
    return loop->ready.first != NULL || (loop->senders.first != NULL && loop->sendable(loop->of));
}

void loop_turn(struct loop *loop, int timeout_ms) {
    struct epoll_event events[BATCH];
    int n = epoll_wait(loop->epoll, events, BATCH, has_work(loop) ? 0 : timeout_ms);
    if (n < 0 && errno != EINTR) {
        fatal("epoll_wait: %s", strerror(errno));
    }
    for (int i = 0; i < n; i++) {
        struct watch *watch = events[i].data.ptr;
        if (watch->fd >= 0) {
            watch->ready(watch, events[i].events);
        }
    }
    run_queue(loop, &loop->ready, false);
    run_queue(loop, &loop->senders, true);
    loop->flush(loop->of);
    free_garbage(loop);
}

// SPDX-License-Identifier: Apache-2.0
// The agent's only thread: epoll, and two queues of things that have work left. Descriptors are watched edge-triggered,
// so what is ready is remembered in a queue; each entry does one bounded piece of work a turn, which is what keeps a
// flooding service from holding up the rest.
#ifndef THAW_LOOP_H
#define THAW_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct watch {
    int fd; // -1 when not watched
    int epoll;
    void (*ready)(struct watch *self, uint32_t events);
};

struct task {
    struct task *next, *previous;
    struct queue *queue; // NULL when not queued
    void (*run)(struct task *self);
};

struct queue {
    struct task *first, *last;
    unsigned count;
};

// First member of whatever may be freed while events for it are still in the turn's batch.
struct garbage {
    struct garbage *next;
};

struct loop {
    int epoll;
    struct queue ready; // run each turn
    struct queue senders; // run while sendable says that the channel takes data
    bool (*sendable)(void *of);
    void (*flush)(void *of); // at the end of each turn
    void *of;
    struct garbage *garbage;
};

bool loop_init(struct loop *loop);
void loop_close(struct loop *loop);
// Sets errno and returns false when the kernel refuses. The watch owns the descriptor from here on.
bool loop_watch(struct loop *loop, struct watch *watch, int fd, uint32_t events,
                void (*ready)(struct watch *self, uint32_t events));
// Closes the descriptor; events of it that are still in the batch are dropped. May be called again.
void loop_unwatch(struct watch *watch);
// At the end of the queue, unless it is in one already.
void task_queue(struct queue *queue, struct task *task);
void task_cancel(struct task *task);
// Freed at the end of the turn.
void loop_discard(struct loop *loop, struct garbage *garbage);
// One turn: waits for events if nothing is queued, at most timeout_ms (-1: for ever).
void loop_turn(struct loop *loop, int timeout_ms);

#endif

// SPDX-License-Identifier: Apache-2.0
// The image's own process: started once, its output kept in the log, its end told to whoever waits.
#ifndef THAW_SERVICE_H
#define THAW_SERVICE_H

#include "log.h"
#include "loop.h"
#include "process.h"
#include "users.h"
#include "wire.h"

#include <stdbool.h>

struct agent;
struct stream;

enum service_state { SERVICE_NEVER = 0, SERVICE_RUNNING = 1, SERVICE_EXITED = 2, SERVICE_KILLED = 3 };

struct pump {
    struct watch watch;
    struct task task;
    struct service *service;
    enum log_source source;
    bool hung_up; // nobody can write any more, but there may still be something to read
};

struct service {
    struct agent *agent;
    struct child child;
    struct stream *starter; // START, until it is answered
    enum service_state state;
    int status; // exit status or signal
    bool taken; // a START is under way or went well
    struct strings argv, env; // kept: EXEC inherits env, user and directory
    char *user, *directory;
    struct pump pumps[2];
};

void service_init(struct service *service, struct agent *agent);
// Takes into the log what lies in the service's pipes right now.
void service_drain(struct service *service);
#define SERVICE_RESULT_SIZE 8u
// The `service` structure of WAIT and RESUME.
void service_put(const struct service *service, struct writer *w);

#endif

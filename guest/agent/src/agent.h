// SPDX-License-Identifier: Apache-2.0
// What serving the channel needs to remember, in one place. Elsewhere there are only descriptors that are kept open, in
// mounts.c, platform.c and listening.c: RESUME is quick because it opens nothing.
#ifndef THAW_AGENT_H
#define THAW_AGENT_H

#include "channel.h"
#include "log.h"
#include "loop.h"
#include "mux.h"
#include "process.h"
#include "service.h"

struct agent {
    struct loop loop;
    struct mux mux;
    struct children children;
    struct service service;
    struct channel channel;
    struct log log;
    // Where users are looked up; /etc/passwd and /etc/group but for tests.
    const char *passwd_path, *group_path;
};

// Everything but the boot: from an open port on, the agent serves.
void agent_init(struct agent *agent, int port, int cgroup);
__attribute__((noreturn)) void agent_serve(struct agent *agent);

#endif

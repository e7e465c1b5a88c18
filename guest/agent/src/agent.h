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
    struct child relay; // of shared folders
    // Where users are looked up; /etc/passwd and /etc/group but for tests.
    const char *passwd_path, *group_path;
};

// Everything but the boot: from an open port on, the agent serves.
void agent_init(struct agent *agent, int port, int cgroup);
// Notices the end of the process that serves shared folders. -1: there is none.
void agent_adopt_relay(struct agent *agent, pid_t pid);
__attribute__((noreturn)) void agent_serve(struct agent *agent);

#endif

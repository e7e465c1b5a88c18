// SPDX-License-Identifier: Apache-2.0
#include "agent.h"

#include "kinds.h"
#include "report.h"

#include <errno.h>
#include <string.h>

void agent_init(struct agent *agent, int port, int cgroup) {
    agent->passwd_path = "/etc/passwd";
    agent->group_path = "/etc/group";
    if (!loop_init(&agent->loop)) {
        fatal("epoll: %s", strerror(errno));
    }
    if (!children_init(&agent->children, &agent->loop, cgroup)) {
        fatal("signalfd: %s", strerror(errno));
    }
    log_init(&agent->log);
    service_init(&agent->service, agent);
    mux_init(&agent->mux, agent, &agent->loop, &agent->channel.out, kinds, KIND_COUNT);
    if (!channel_init(&agent->channel, &agent->loop, &agent->mux, port)) {
        fatal("watch the channel's port: %s", strerror(errno));
    }
}

void agent_serve(struct agent *agent) {
    for (;;) {
        loop_turn(&agent->loop, -1);
    }
}

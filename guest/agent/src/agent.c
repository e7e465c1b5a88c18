// SPDX-License-Identifier: Apache-2.0
#include "agent.h"

#include "kinds.h"
#include "report.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>

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

// Shares are over then, and whoever uses them has been told by the kernel. The service goes on.
static void relay_ended(struct child *child, int wait_status) {
    struct agent *agent = (struct agent *) ((char *) child - offsetof(struct agent, relay));
    bool exited = WIFEXITED(wait_status);
    int number = exited ? WEXITSTATUS(wait_status) : WTERMSIG(wait_status);
    const char *how = exited ? "exited with status" : "was killed by signal";
    log_say(&agent->log, "the relay of shared folders %s %d", how, number);
    report("the relay of shared folders %s %d", how, number);
}

void agent_adopt_relay(struct agent *agent, pid_t pid) {
    if (pid > 0) {
        agent->relay.exited = relay_ended;
        child_adopt(&agent->children, &agent->relay, pid);
    }
}

void agent_serve(struct agent *agent) {
    for (;;) {
        loop_turn(&agent->loop, -1);
    }
}

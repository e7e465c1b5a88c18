// SPDX-License-Identifier: Apache-2.0
// The agent without its boot, for tests on the build machine: agent-on-host SOCKET PASSWD GROUP
#include "agent.h"
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct agent agent;

static int connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        fatal("the path %s is too long for a socket", path);
    }
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *) &address, sizeof address) != 0
        || fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
        fatal("connect to %s: %s", path, strerror(errno));
    }
    return fd;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        (void) fprintf(stderr, "usage: agent-on-host SOCKET PASSWD GROUP\n");
        return EXIT_FAILURE;
    }
    agent_init(&agent, connect_to(argv[1]), -1);
    agent.passwd_path = argv[2];
    agent.group_path = argv[3];
    agent_serve(&agent);
}

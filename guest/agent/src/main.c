// SPDX-License-Identifier: Apache-2.0
// PID 1: boots the guest, then serves the channel until the host is gone.
#include "agent.h"
#include "boot.h"
#include "console.h"
#include "files.h"
#include "platform.h"
#include "report.h"
#include "share/process.h"
#include "uapi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

// Serial numbers of the disks.
#define ROOT_DISK "root"
#define SCRATCH_DISK "scratch"
#define PORT_NAME "dev.thaw.channel"
#define SHARES_PORT_NAME "dev.thaw.shares"
#define COMMAND_LINE_MAX 65536
#define TMPFS_PERCENT 75
#define OPEN_FILES_MAX 1048576

// Too big for a stack, and there is one.
static struct agent agent;

// What the kernel's command line has for the agent.
struct options {
    // thaw.tmpfs=PERCENT: of the memory that the writable layer may take.
    unsigned tmpfs_percent;
    // thaw.scratch: the writable layer is on a disk.
    bool scratch;
    // thaw.probe: somebody only wants to know whether a guest comes up at all.
    bool probe;
};

static void take_option(struct options *options, const char *word) {
    static const char tmpfs[] = "thaw.tmpfs=";
    if (strcmp(word, "thaw.probe") == 0) {
        options->probe = true;
    } else if (strcmp(word, "thaw.scratch") == 0) {
        options->scratch = true;
    } else if (strncmp(word, tmpfs, strlen(tmpfs)) == 0) {
        char *end;
        unsigned long value = strtoul(word + strlen(tmpfs), &end, 10);
        if (*end != 0 || value < 1 || value > 100) {
            fatal("%s on the kernel's command line is not a percentage from 1 to 100", word);
        }
        options->tmpfs_percent = (unsigned) value;
    }
}

static struct options read_options(void) {
    struct options options = {.tmpfs_percent = TMPFS_PERCENT};
    size_t length;
    char *text = file_read("/proc/cmdline", COMMAND_LINE_MAX, &length);
    if (text == NULL) {
        fatal("read the kernel's command line: %s", strerror(errno));
    }
    char *rest = text, *word;
    while ((word = strsep(&rest, " \n")) != NULL) {
        take_option(&options, word);
    }
    free(text);
    return options;
}

// The console stays with the kernel: nothing that the agent or a library writes by accident may end up in it.
static void leave_console(void) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) {
        fatal("open /dev/null: %s", strerror(errno));
    }
    for (int fd = 0; fd < 3; fd++) {
        if (fd != null && dup2(null, fd) != fd) {
            fatal("put /dev/null in place of descriptor %d: %s", fd, strerror(errno));
        }
    }
    if (null > 2) {
        (void) close(null);
    }
}

// The agent must be there when the image's processes have used up everything.
static void shield(void) {
    struct rlimit files = {.rlim_cur = OPEN_FILES_MAX, .rlim_max = OPEN_FILES_MAX};
    if (!file_put("/proc/self/oom_score_adj", "-1000")) {
        fatal("shield the agent from the out-of-memory killer: %s", strerror(errno));
    }
    if (!file_put("/proc/sys/fs/nr_open", "1048576") || setrlimit(RLIMIT_NOFILE, &files) != 0) {
        fatal("raise the limit of open files: %s", strerror(errno));
    }
    if (setpriority(PRIO_PROCESS, 0, -20) != 0) {
        fatal("raise the agent's priority: %s", strerror(errno));
    }
    // Its pages stay; those of its big buffers only once they are used.
    if (mlockall(MCL_CURRENT | MCL_FUTURE | THAW_MCL_ONFAULT) != 0) {
        fatal("lock the agent's memory: %s", strerror(errno));
    }
}

static void set_up_network(void) {
    static const char resolver[] = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n";
    bring_up_loopback();
    // As in a container: a service that is not root may take port 80.
    if (!file_put("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0")) {
        report("let everybody bind low ports: %s", strerror(errno));
    }
    // A link to what is not there would be followed into nothing. Nobody answers at 127.0.0.1, but at once.
    if ((unlink("/etc/resolv.conf") != 0 && errno != ENOENT)
        || !file_replace("/etc/resolv.conf", 0644, resolver, sizeof resolver - 1)) {
        report("write /etc/resolv.conf: %s", strerror(errno));
    }
}

int main(void) {
    if (getpid() != 1) {
        report("this is the init of a Thaw guest, and no use outside of one");
        return EXIT_FAILURE;
    }
    umask(022);
    mount_kernel_file_systems();
    leave_console();
    shield();
    load_modules();
    struct options options = read_options();
    if (options.probe) {
        report("probe");
        power_off();
    }
    const char *root = wait_for_disk(ROOT_DISK);
    const char *scratch = options.scratch ? wait_for_disk(SCRATCH_DISK) : NULL;
    read_far_ahead(root);
    mount_root(root, scratch, options.tmpfs_percent);
    set_up_network();
    int cgroup = platform_init();
    int port = open_port(PORT_NAME);
    // The machine has it before the channel, so the kernel knows its name by now.
    int shares = find_port(SHARES_PORT_NAME);
    pid_t relay = shares < 0 ? -1 : relay_start(shares);
    agent_init(&agent, port, cgroup);
    agent_adopt_relay(&agent, relay);
    agent_serve(&agent);
}

// SPDX-License-Identifier: Apache-2.0
#include "boot.h"
#include "report.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

// The kernel itself gives lo its addresses when it comes up (inetdev_event and init_loopback).
void bring_up_loopback(void) {
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) != 0) {
        fatal("look at the loopback interface: %s", strerror(errno));
    }
    request.ifr_flags = (short) (request.ifr_flags | IFF_UP);
    if (ioctl(fd, SIOCSIFFLAGS, &request) != 0) {
        fatal("bring up the loopback interface: %s", strerror(errno));
    }
    (void) close(fd);
}

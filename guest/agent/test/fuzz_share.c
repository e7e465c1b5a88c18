// SPDX-License-Identifier: Apache-2.0
// libFuzzer target: a host's bytes for the relay of shared folders, the first of which says how they are split into reads.
// Bytes of 0xff have the kernel send a request as well.
#include "fake_ground.h"
#include "share/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct relay relay;

static void take_what_came(int host) {
    static uint8_t ignored[1 << 20];
    while (read(host, ignored, sizeof ignored) > 0) {
    }
}

static void ask(uint8_t opcode) {
    uint8_t request[FUSE_LOCK_SIZE] = {FUSE_LOCK_SIZE, 0, 0, 0, opcode};
    int kernel = fake_kernel(fake_kernel_count() - 1);
    if (kernel >= 0 && write(kernel, request, sizeof request) < 0 && errno != EAGAIN && errno != EPIPE
        && errno != ECONNRESET) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    int pair[2];
    if (length < 2) {
        return 0;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0 || !relay_init(&relay, pair[1])) {
        abort();
    }
    size_t part = 1 + (size_t) bytes[0] * 8;
    if ((bytes[1] & 1) == 0) {
        inbox_cut(&relay.in); // a hello has been there, which the fuzzer would take long to find
    }
    bytes += 2;
    length -= 2;
    while (length > 0) {
        size_t now = length < part ? length : part;
        ssize_t n = write(pair[0], bytes, now);
        if (n > 0) {
            bytes += n;
            length -= (size_t) n;
        }
        loop_turn(&relay.loop, 0);
        if (n > 0 && bytes[-1] == 0xff) {
            ask((uint8_t) (30 + n % 4));
        }
        take_what_came(pair[0]);
    }
    loop_turn(&relay.loop, 0);
    relay_close(&relay);
    if (fake_mounted != 0 || close(pair[0]) != 0) {
        abort();
    }
    fake_ground_reset();
    return 0;
}

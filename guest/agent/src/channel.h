// SPDX-License-Identifier: Apache-2.0
// The port (docs/guest-channel.md, "Sessions"): reads into the inbox, hands frames to the mux, writes the outbox, and
// switches the machine off when the host is gone or breaks the protocol.
#ifndef THAW_CHANNEL_H
#define THAW_CHANNEL_H

#include "inbox.h"
#include "loop.h"
#include "mux.h"
#include "outbox.h"

struct channel {
    struct watch port;
    struct task reader;
    struct loop *loop;
    struct mux *mux;
    struct inbox in;
    struct outbox out;
    uint64_t session; // that a hello may continue; 0 when there is none
};

// Takes over fd, which must be non-blocking, and the loop's flush and sendable.
bool channel_init(struct channel *channel, struct loop *loop, struct mux *mux, int fd);
// After the frame that is being handled: back to waiting for a hello.
void channel_end_session(struct channel *channel);
// After the frame that is being handled: sends what is left and waits for a hello, with nothing else done meanwhile. Back
// when the session goes on, or another one has begun and every stream of this one is over.
void channel_pause(struct channel *channel);
// True once the host has closed its side; for waits outside of the loop.
bool channel_hung_up(const struct channel *channel);

#endif

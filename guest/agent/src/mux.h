// SPDX-License-Identifier: Apache-2.0
// Streams over the channel (docs/guest-channel.md, "Frames"): their numbers, their life, their credit. What a stream
// does is its kind's business (kinds.h). A violation is kept as text and ends everything; see channel.c.
#ifndef THAW_MUX_H
#define THAW_MUX_H

#include "frames.h"
#include "loop.h"
#include "outbox.h"
#include "wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct agent;
struct stream;

enum over {
    OVER_ENDED, // by stream_end
    OVER_FAILED, // by stream_fail
    OVER_RESET, // by the host
    OVER_SHUTDOWN, // by QUIESCE, or by another host that took over a paused session
};

// How a kind behaves. open must come first and exactly one release last; open may itself end or fail the stream.
struct kind {
    const char *name;
    bool before_resume;
    void (*open)(struct stream *s, struct reader *request);
    void (*data)(struct stream *s, const uint8_t *bytes, uint32_t length); // NULL: takes no DATA and no EOF
    void (*eof)(struct stream *s);
    void (*signal)(struct stream *s, int number); // NULL: takes no SIGNAL
    void (*send)(struct stream *s); // called when queued by stream_wake, with credit and room in the outbox
    void (*release)(struct stream *s, enum over how); // may be NULL
};

struct stream {
    struct garbage garbage;
    struct task sender;
    struct stream *next; // in its bucket
    struct mux *mux;
    const struct kind *kind;
    void *state; // the kind's
    uint32_t id;
    uint32_t send_credit; // DATA bytes that may go to the host
    uint32_t receive_credit; // DATA bytes that the host may send
    uint32_t taken; // taken away and not yet granted again
    bool host_done; // the host has sent EOF
    bool over; // waits to be freed
};

struct mux {
    struct agent *agent; // for the kinds
    struct loop *loop;
    struct outbox *out;
    const struct kind *const *kinds; // indexed by number, NULL where there is none
    size_t kind_count;
    uint32_t last_id;
    uint32_t open_count;
    bool resumed;
    char violation[160]; // "" while there is none
    struct stream *buckets[STREAMS_MAX];
};

void mux_init(struct mux *m, struct agent *agent, struct loop *loop, struct outbox *out,
              const struct kind *const *kinds, size_t kind_count);
// A new session: numbers start again. No stream may be open.
void mux_begin_session(struct mux *m);
// After a pause: streams and numbers stay, but RESUME has to come again.
void mux_continue_session(struct mux *m);
// False when the frame breaks the protocol; m->violation says how.
bool mux_frame(struct mux *m, const struct frame *f);
// Ends every stream but one with RESET errno.
void mux_shut_all(struct mux *m, const struct stream *except, int error, const char *why);
// Ends every stream without a word: nobody is left who knows them.
void mux_forget_all(struct mux *m);
// Visits every stream of a kind; the visit may end the stream that it is given and no other.
void mux_each(struct mux *m, const struct kind *kind, void (*visit)(struct stream *s));

void stream_opened(struct stream *s, const uint8_t *payload, uint32_t length);
// After one of these two the stream is gone: the kind's release has been called.
void stream_end(struct stream *s, const uint8_t *payload, uint32_t length);
__attribute__((format(printf, 3, 4))) void stream_fail(struct stream *s, int error, const char *format, ...);
void stream_eof(struct stream *s, uint8_t flag);
// Asks for a call of kind->send when there is credit and room.
void stream_wake(struct stream *s);
// How much may be put into the payload that stream_payload gives, at most a frame's worth; 0 without credit.
uint32_t stream_sendable(const struct stream *s);
uint8_t *stream_payload(struct stream *s);
void stream_sent(struct stream *s, uint8_t flag, uint32_t length);
// So many bytes of the host's DATA have been taken away: grants are given in halves of the window.
void stream_took(struct stream *s, uint32_t length);

#endif

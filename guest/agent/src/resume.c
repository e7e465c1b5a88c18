// SPDX-License-Identifier: Apache-2.0
// RESUME, QUIESCE and PAUSE: where a session begins, ends and stands still (docs/guest-channel.md).
#include "agent.h"
#include "kinds.h"
#include "platform.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NANOSECONDS 1000000000u

struct resume_request {
    int64_t seconds;
    uint32_t nanoseconds;
    struct bytes entropy, machine_id, boot_id, host_name;
};

static bool is_host_name(struct bytes name) {
    if (name.length < 1 || name.length > HOST_NAME_MAX_LENGTH) {
        return false;
    }
    for (uint32_t i = 0; i < name.length; i++) {
        uint8_t c = name.at[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
            return false;
        }
    }
    return true;
}

static bool take_resume(struct reader *request, struct resume_request *r) {
    r->seconds = (int64_t) read_u64(request);
    r->nanoseconds = read_u32(request);
    r->entropy = read_fixed(request, ENTROPY_SIZE);
    r->machine_id = read_fixed(request, ID_SIZE);
    r->boot_id = read_fixed(request, ID_SIZE);
    r->host_name = read_bytes(request);
    return reader_done(request) && r->nanoseconds < NANOSECONDS && is_host_name(r->host_name);
}

// The order is the protocol's: nothing of the image's may run before all of it is true.
static int apply(const struct resume_request *r, const char **step) {
    char name[HOST_NAME_MAX_LENGTH + 1] = {0};
    memcpy(name, r->host_name.at, r->host_name.length);
    *step = "set the clock";
    int error = platform_set_clock(r->seconds, r->nanoseconds);
    if (error == 0) {
        *step = "credit the entropy";
        error = platform_add_entropy(r->entropy.at);
    }
    if (error == 0) {
        *step = "set host name and machine id";
        error = platform_set_names(name, r->machine_id.at, r->boot_id.at);
    }
    return error;
}

static void open_resume(struct stream *s, struct reader *request) {
    struct mux *m = s->mux;
    struct resume_request r;
    const char *step = "";
    uint8_t result[SERVICE_RESULT_SIZE];
    struct writer w = writer_to(result, sizeof result);
    if (m->resumed) {
        stream_fail(s, EALREADY, "the session has been resumed already");
        return;
    }
    if (!take_resume(request, &r)) {
        stream_fail(s, EINVAL, "the request of RESUME is malformed");
        return;
    }
    int error = apply(&r, &step);
    if (error == 0) {
        // Before the thaw: on one CPU the service's processes would be ahead of us in the queue.
        service_put(&m->agent->service, &w);
        step = "let the service's processes run";
        error = platform_thaw();
    }
    if (error != 0) {
        stream_fail(s, error, "%s: %s", step, strerror(error));
        return;
    }
    m->resumed = true;
    stream_end(s, result, (uint32_t) w.length);
}

const struct kind kind_resume = {.name = "RESUME", .open = open_resume, .before_resume = true};

static bool host_is_gone(const void *of) {
    return channel_hung_up(of);
}

// Stops the service's processes for the machine's freeze. False when that failed: they run again and s has been told.
static bool come_to_rest(struct stream *s, bool to_stay) {
    struct agent *agent = s->mux->agent;
    const char *step = "freeze the service's processes";
    int error = platform_freeze(host_is_gone, &agent->channel);
    if (error == 0) {
        // Nobody can write any more: this is all that there will be.
        service_drain(&agent->service);
        step = "come to rest";
        error = platform_settle(to_stay);
    }
    if (error != 0) {
        int thawed = platform_thaw();
        stream_fail(s, error, "%s: %s%s", step, strerror(error),
                    thawed == 0 ? "" : "; and the service's processes could not be let run again");
    }
    return error == 0;
}

static void open_quiesce(struct stream *s, struct reader *request) {
    struct channel *channel = &s->mux->agent->channel;
    if (!reader_done(request)) {
        stream_fail(s, EINVAL, "the request of QUIESCE is malformed");
        return;
    }
    mux_shut_all(s->mux, s, ESHUTDOWN, "the guest is about to be frozen");
    if (come_to_rest(s, true)) {
        stream_end(s, NULL, 0);
        channel_end_session(channel);
    }
}

const struct kind kind_quiesce = {.name = "QUIESCE", .open = open_quiesce};

static void open_pause(struct stream *s, struct reader *request) {
    struct channel *channel = &s->mux->agent->channel;
    if (!reader_done(request)) {
        stream_fail(s, EINVAL, "the request of PAUSE is malformed");
        return;
    }
    if (come_to_rest(s, false)) {
        stream_end(s, NULL, 0);
        channel_pause(channel);
    }
}

const struct kind kind_pause = {.name = "PAUSE", .open = open_pause};

// SPDX-License-Identifier: Apache-2.0
// The kinds of streams (docs/guest-channel.md, "Kinds of streams"), by number.
#ifndef THAW_KINDS_H
#define THAW_KINDS_H

#include "mux.h"

#define KIND_COUNT 11
extern const struct kind *const kinds[KIND_COUNT];

extern const struct kind kind_resume, kind_start, kind_wait, kind_exec, kind_connect, kind_logs, kind_listening,
    kind_quiesce, kind_stats, kind_pause;

#endif

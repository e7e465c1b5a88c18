// SPDX-License-Identifier: Apache-2.0
#include "kinds.h"

const struct kind *const kinds[KIND_COUNT] = {
    [1] = &kind_resume,  [2] = &kind_start, [3] = &kind_wait,      [4] = &kind_exec,    [5] = &kind_connect,
    [6] = &kind_logs,    [7] = &kind_listening, [8] = &kind_quiesce, [9] = &kind_stats,
    [10] = &kind_pause,
};

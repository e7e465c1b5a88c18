// SPDX-License-Identifier: Apache-2.0
// The relay as a process of its own. PID 1 must not serve a file system that it may itself walk into.
#ifndef THAW_SHARE_PROCESS_H
#define THAW_SHARE_PROCESS_H

#include <sys/types.h>

// Forks the relay, which serves that port and keeps nothing else of its parent's open. To be called before the agent has
// threads or children of its own. The relay is in the cgroup of its parent, so that no freeze stops it. Takes port over.
// -1, with the reason reported, if there is to be none: then the guest has no shares.
pid_t relay_start(int port);

#endif

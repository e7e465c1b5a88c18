// SPDX-License-Identifier: Apache-2.0
// Whom an image's user names, from its own /etc/passwd and /etc/group. musl's getpwnam would ask a name service
// daemon's socket too, which an image could put there to stall PID 1.
#ifndef THAW_USERS_H
#define THAW_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define GROUPS_MAX 256
#define HOME_MAX 1024

struct identity {
    uid_t uid;
    gid_t gid;
    gid_t groups[GROUPS_MAX];
    size_t group_count;
    char home[HOME_MAX]; // "/" if the user has no entry
};

// spec as an image's configuration has it: "", "name", "uid", "name:group", "uid:gid". 0, or an errno with a message
// about it: ENOENT for a name that has no entry, EINVAL for a number out of range.
int identity_of(const char *spec, const char *passwd_path, const char *group_path, struct identity *who, char *message,
                size_t message_size);

#endif

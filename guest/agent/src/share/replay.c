// SPDX-License-Identifier: Apache-2.0
// Replays (docs/shared-folders.md): calls that change nothing, as the server knows who makes them, but have the guest's
// kernel tell its watchers. They stay below the mount and never open what could make them wait: names were the host's
// a moment ago, and may lead elsewhere by now.
#include "share/ground.h"

#include "share/port.h"
#include "uapi.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STAY_BELOW (THAW_RESOLVE_BENEATH | THAW_RESOLVE_NO_SYMLINKS | THAW_RESOLVE_NO_MAGICLINKS | THAW_RESOLVE_NO_XDEV)
// Reaches through the last name, which O_NOFOLLOW | O_PATH opens as it is.
#define DESCRIPTOR_PATH_SIZE 32

struct place {
    int folder; // of the last name; -1 while there is none
    char path[PATH_MAX];
    const char *name;
};

static int open_below(int root, const char *path, uint64_t flags) {
    const struct thaw_open_how how = {.flags = flags | O_CLOEXEC, .resolve = STAY_BELOW};
    return (int) syscall(THAW_SYS_openat2, root, path, &how, sizeof how);
}

// Opens the folder of the path's last name. 0 or an errno.
static int find(int root, struct bytes path, struct place *place) {
    place->folder = -1;
    if (path.length == 0 || path.length >= sizeof place->path || memchr(path.at, 0, path.length) != NULL) {
        return EINVAL;
    }
    memcpy(place->path, path.at, path.length);
    place->path[path.length] = 0;
    char *slash = strrchr(place->path, '/');
    place->name = slash == NULL ? place->path : slash + 1;
    if (*place->name == 0 || strcmp(place->name, ".") == 0 || strcmp(place->name, "..") == 0) {
        return EINVAL;
    }
    if (slash != NULL) {
        *slash = 0;
    }
    place->folder = open_below(root, slash == NULL ? "." : place->path, O_PATH | O_DIRECTORY);
    return place->folder < 0 ? errno : 0;
}

static void leave(const struct place *place) {
    if (place->folder >= 0) {
        (void) close(place->folder);
    }
}

static int result_of(int returned) {
    return returned == 0 ? 0 : errno;
}

static int create(const struct place *at, mode_t mode) {
    switch (mode & S_IFMT) {
    case S_IFREG: {
        int fd = openat(at->folder, at->name, O_CREAT | O_EXCL | O_WRONLY | O_NONBLOCK | O_CLOEXEC, mode & 07777);
        return fd < 0 ? errno : result_of(close(fd));
    }
    case S_IFDIR:
        return result_of(mkdirat(at->folder, at->name, mode & 07777));
    case S_IFLNK:
        return result_of(symlinkat(".", at->folder, at->name));
    default:
        return result_of(mknodat(at->folder, at->name, mode, 0));
    }
}

// The path of what has this name, itself and not what it may lead to.
static int reach(const struct place *at, char path[DESCRIPTOR_PATH_SIZE], int *fd) {
    *fd = openat(at->folder, at->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (*fd < 0) {
        return errno;
    }
    return snprintf(path, DESCRIPTOR_PATH_SIZE, "/proc/self/fd/%d", *fd) < 0 ? EINVAL : 0;
}

static int write_a_byte(const char *path) {
    struct stat status;
    int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    ssize_t n = write(fd, "", 1);
    int error = n == 1 ? 0 : n < 0 ? errno : EIO;
    // The kernel believes an empty file to have one byte now, until it asks.
    if (error == 0 && fstat(fd, &status) != 0) {
        error = errno;
    }
    int closed = result_of(close(fd));
    return error == 0 ? closed : error;
}

static int modify(const struct place *at) {
    char path[DESCRIPTOR_PATH_SIZE];
    struct thaw_statx status;
    int fd;
    int error = reach(at, path, &fd);
    if (error == 0 && syscall(SYS_statx, fd, "", AT_EMPTY_PATH | THAW_AT_STATX_DONT_SYNC, 1, &status) != 0) {
        error = errno;
    }
    // A FIFO's reader would get the byte.
    if (error == 0) {
        error = S_ISREG(status.mode) ? write_a_byte(path) : EINVAL;
    }
    if (fd >= 0) {
        (void) close(fd);
    }
    return error;
}

static int change_mode(const struct place *at, mode_t mode) {
    char path[DESCRIPTOR_PATH_SIZE];
    struct thaw_statx status;
    int fd;
    int error = reach(at, path, &fd);
    if (error == 0 && syscall(SYS_statx, fd, "", AT_EMPTY_PATH | THAW_AT_STATX_DONT_SYNC, 1, &status) != 0) {
        error = errno;
    }
    if (error == 0) {
        error = S_ISLNK(status.mode) ? EOPNOTSUPP : result_of(chmod(path, mode & 07777));
    }
    if (fd >= 0) {
        (void) close(fd);
    }
    return error;
}

static int do_one(uint8_t operation, int root, const struct place *at, struct reader *r) {
    uint32_t mode = operation == REPLAY_CREATE || operation == REPLAY_ATTRIBUTES ? read_u32(r) : 0;
    uint8_t folder = operation == REPLAY_DELETE ? read_u8(r) : 0;
    struct bytes target = {0};
    struct place to = {.folder = -1};
    if (operation == REPLAY_RENAME) {
        target = read_bytes(r);
    }
    if (!reader_done(r) || folder > 1) {
        return EINVAL;
    }
    switch (operation) {
    case REPLAY_CREATE:
        return create(at, mode);
    case REPLAY_MODIFY:
        return modify(at);
    case REPLAY_ATTRIBUTES:
        return change_mode(at, mode);
    case REPLAY_DELETE:
        return result_of(unlinkat(at->folder, at->name, folder == 1 ? AT_REMOVEDIR : 0));
    case REPLAY_RENAME: {
        int error = find(root, target, &to);
        if (error == 0) {
            error = result_of(renameat(at->folder, at->name, to.folder, to.name));
        }
        leave(&to);
        return error;
    }
    default:
        return ENOSYS;
    }
}

int ground_replay(int root, const uint8_t *replay, size_t length) {
    struct reader r = reader_of(replay, length);
    struct place at;
    uint8_t operation = read_u8(&r);
    struct bytes path = read_bytes(&r);
    if (r.bad) {
        return EINVAL;
    }
    int error = find(root, path, &at);
    if (error == 0) {
        error = do_one(operation, root, &at, &r);
    }
    leave(&at);
    return error;
}

// SPDX-License-Identifier: Apache-2.0
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *file_read(const char *path, size_t limit, size_t *length) {
    char *text = NULL;
    size_t used = 0, room = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return NULL;
    }
    for (;;) {
        if (used + 1 >= room) {
            room = room == 0 ? 4096 : room * 2;
            char *larger = realloc(text, room);
            if (larger == NULL) {
                goto failed;
            }
            text = larger;
        }
        ssize_t n = read(fd, text + used, room - used - 1);
        if (n < 0) {
            goto failed;
        }
        if (n == 0) {
            break;
        }
        used += (size_t) n;
        if (used > limit) {
            errno = EFBIG;
            goto failed;
        }
    }
    (void) close(fd);
    text[used] = 0;
    *length = used;
    return text;
failed:
    (void) close(fd);
    free(text);
    return NULL;
}

static bool put_all(int fd, const char *text, size_t length) {
    while (length > 0) {
        ssize_t n = write(fd, text, length);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return false;
        }
        text += n;
        length -= (size_t) n;
    }
    return true;
}

static bool put(const char *path, int flags, mode_t mode, const char *text, size_t length) {
    int fd = open(path, O_WRONLY | O_CLOEXEC | flags, mode);
    if (fd < 0) {
        return false;
    }
    bool done = put_all(fd, text, length);
    int error = errno;
    if (close(fd) != 0 && done) {
        return false;
    }
    errno = error;
    return done;
}

bool file_put(const char *path, const char *text) {
    return put(path, 0, 0, text, strlen(text));
}

bool file_replace(const char *path, mode_t mode, const char *text, size_t length) {
    return put(path, O_CREAT | O_TRUNC, mode, text, length);
}

static bool make_folder(const char *path, mode_t mode, uid_t uid, gid_t gid) {
    if (mkdir(path, mode) == 0) {
        // The umask is 022; a folder that is asked for with 1777 shall have that.
        return chmod(path, mode) == 0 && chown(path, uid, gid) == 0;
    }
    struct stat status;
    if (errno == EEXIST && stat(path, &status) == 0) {
        errno = ENOTDIR;
        return S_ISDIR(status.st_mode);
    }
    return false;
}

bool make_folders(const char *path, mode_t mode, uid_t uid, gid_t gid) {
    char part[PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof part) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(part, path, length + 1);
    for (size_t i = 1; i < length; i++) {
        if (part[i] == '/' && part[i - 1] != '/') {
            part[i] = 0;
            if (!make_folder(part, mode, uid, gid)) {
                return false;
            }
            part[i] = '/';
        }
    }
    return length == 0 || make_folder(part, mode, uid, gid);
}

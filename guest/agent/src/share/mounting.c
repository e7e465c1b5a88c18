// SPDX-License-Identifier: Apache-2.0
#include "share/ground.h"

#include "files.h"
#include "report.h"
#include "share/port.h"
#include "uapi.h"
#include "users.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define READ_ONLY_FLAGS (MS_NOSUID | MS_NODEV | MS_RDONLY)

// Read ahead in requests of this size: with the kernel's 128 KiB a request's own cost is a third of a read's. More gains little,
// and each fault of a mapped file reads as much around it.
#define READ_AHEAD_KIB 512

// A mount that no path of the guest leads to.
struct hidden {
    int fd, error;
};

// fusectl: each FUSE connection is a folder in it, named by its device number, and what is written to its file "abort" ends it.
// Closing /dev/fuse doesn't while a thread waits in a write to it.
static struct hidden connections = {.fd = -1};

// sysfs: how far each mount reads ahead.
static struct hidden kernel = {.fd = -1};

static void mount_hidden(struct hidden *h, const char *type) {
    int context = (int) syscall(SYS_fsopen, type, THAW_FSOPEN_CLOEXEC);
    if (context < 0 || syscall(SYS_fsconfig, context, THAW_FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0) {
        h->error = errno;
    } else {
        h->fd = (int) syscall(SYS_fsmount, context, THAW_FSMOUNT_CLOEXEC, 0);
        h->error = errno;
    }
    if (context >= 0) {
        (void) close(context);
    }
}

void ground_init(void) {
    mount_hidden(&connections, "fusectl");
    mount_hidden(&kernel, "sysfs");
}

// The file system's number. Not by fstat, which would ask the server for the rest: it is not served yet.
static int device_of(int fd, dev_t *dev) {
    struct thaw_statx status;
    if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH | THAW_AT_STATX_DONT_SYNC, 0, &status) != 0) {
        return errno;
    }
    *dev = makedev(status.dev_major, status.dev_minor);
    return 0;
}

static int open_place(const char *where, dev_t *dev) {
    int fd = open(where, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int error = fd < 0 ? errno : device_of(fd, dev);
    if (error != 0 && fd >= 0) {
        (void) close(fd);
    }
    errno = error;
    return error == 0 ? fd : -1;
}

static int open_abort(dev_t dev) {
    char name[32];
    if (connections.fd < 0) {
        errno = connections.error;
        return -1;
    }
    int n = snprintf(name, sizeof name, "%u/abort", minor(dev));
    if (n < 0 || (size_t) n >= sizeof name) {
        errno = EINVAL;
        return -1;
    }
    return openat(connections.fd, name, O_WRONLY | O_CLOEXEC);
}

static int mount_device(const struct ground *g) {
    char options[128];
    int n = snprintf(options, sizeof options,
                     "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions,max_read=%u", g->device,
                     g->max_transfer);
    if (n < 0 || (size_t) n >= sizeof options) {
        return EINVAL;
    }
    if (mount("thaw", g->where, "fuse", MS_NOSUID | MS_NODEV, options) != 0) {
        return errno;
    }
    // Only the mount is read-only and not the file system: replays have to write to it, through a mount of their own.
    if ((g->flags & ATTACH_READ_ONLY) != 0
        && mount(NULL, g->where, NULL, MS_REMOUNT | MS_BIND | READ_ONLY_FLAGS, NULL) != 0) {
        int error = errno;
        (void) umount2(g->where, MNT_DETACH);
        return error;
    }
    return 0;
}

static int note_connection(struct ground *g) {
    int place = open_place(g->where, &g->dev);
    if (place < 0) {
        return errno;
    }
    g->abort = open_abort(g->dev);
    int error = g->abort < 0 ? errno : 0;
    (void) close(place);
    return error;
}

static int refused(int error, char message[GROUND_MESSAGE_MAX], const char *step, const char *what) {
    if (snprintf(message, GROUND_MESSAGE_MAX, "%s %s: %s", step, what, strerror(error)) < 0) {
        message[0] = 0;
    }
    return error;
}

int ground_mount(struct ground *g, char message[GROUND_MESSAGE_MAX]) {
    struct identity who;
    int error = identity_of(g->user, "/etc/passwd", "/etc/group", &who, message, GROUND_MESSAGE_MAX);
    if (error != 0) {
        return error;
    }
    g->uid = who.uid;
    g->gid = who.gid;
    if (!make_folders(g->where, 0755, g->uid, g->gid)) {
        return refused(errno, message, "make the folder", g->where);
    }
    g->device = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (g->device < 0) {
        return refused(errno, message, "open", "/dev/fuse");
    }
    error = mount_device(g);
    if (error != 0) {
        (void) refused(error, message, "mount the share on", g->where);
        goto failed;
    }
    error = note_connection(g);
    if (error == 0) {
        return 0;
    }
    (void) refused(error, message, "find the connection of", g->where);
    (void) umount2(g->where, MNT_DETACH);
failed:
    (void) close(g->device);
    g->device = -1;
    return error;
}

void ground_unmount(const struct ground *g) {
    dev_t dev;
    int place = open_place(g->where, &dev);
    if (place < 0) {
        return; // no such folder any more: it is mounted no more, or can't be got at
    }
    (void) close(place);
    if (dev == g->dev && umount2(g->where, MNT_DETACH) != 0) {
        report("shares: unmount %s: %s", g->where, strerror(errno));
    }
}

void ground_abort(const struct ground *g) {
    ssize_t n = write(g->abort, "1", 1);
    if (n != 1) {
        report("shares: end the connection of %s: %s", g->where, strerror(errno));
    }
}

int ground_root(const struct ground *g, bool to_write) {
    dev_t dev;
    int place = open_place(g->where, &dev);
    if (place < 0 || dev != g->dev) {
        int error = place < 0 ? errno : ENODEV;
        if (place >= 0) {
            (void) close(place);
        }
        errno = error;
        return -1;
    }
    if (!to_write || (g->flags & ATTACH_READ_ONLY) == 0) {
        return place;
    }
    const struct thaw_mount_attr writable = {.attr_clr = THAW_MOUNT_ATTR_RDONLY};
    int own = (int) syscall(SYS_open_tree, place, "", THAW_OPEN_TREE_CLONE | THAW_OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
    int error = own < 0 || syscall(THAW_SYS_mount_setattr, own, "", AT_EMPTY_PATH, &writable, sizeof writable) != 0 ? errno : 0;
    (void) close(place);
    if (error != 0 && own >= 0) {
        (void) close(own);
    }
    errno = error;
    return error == 0 ? own : -1;
}

void ground_read_ahead(const struct ground *g) {
    char path[64], kib[16];
    int fd = -1, error = kernel.error;
    int length = snprintf(kib, sizeof kib, "%u", READ_AHEAD_KIB);
    int n = snprintf(path, sizeof path, "devices/virtual/bdi/%u:%u/read_ahead_kb", major(g->dev), minor(g->dev));
    if (kernel.fd >= 0 && n > 0 && (size_t) n < sizeof path) {
        fd = openat(kernel.fd, path, O_WRONLY | O_CLOEXEC);
        error = fd < 0 || write(fd, kib, (size_t) length) != length ? errno : 0;
    }
    if (fd >= 0) {
        (void) close(fd);
    }
    if (error != 0) {
        report("shares: set how far %s reads ahead: %s", g->where, strerror(error)); // it is only slower
    }
}

int ground_sync(const struct ground *g) {
    int root = ground_root(g, false);
    int folder = root < 0 ? -1 : openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = folder < 0 || syncfs(folder) != 0 ? errno : 0;
    if (folder >= 0) {
        (void) close(folder);
    }
    if (root >= 0) {
        (void) close(root);
    }
    return error;
}

// SPDX-License-Identifier: Apache-2.0
// What a share is in this guest's kernel: a mount and an open /dev/fuse. Tests have a second implementation of mounting.c
// (test/fake_ground.c). Everything but ground_abort may walk paths of the guest, which may wait for a share's server: for a
// share's own thread.
#ifndef THAW_SHARE_GROUND_H
#define THAW_SHARE_GROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define GROUND_MESSAGE_MAX 256

struct ground {
    char *where, *user; // as in ATTACH; the share's
    uint32_t flags, max_transfer;
    uid_t uid;
    gid_t gid;
    // From here on: of a mounted one.
    dev_t dev;
    int device; // /dev/fuse
    int abort; // what is written to it ends the connection
};

// mounting.c, once, in the relay's process before it has threads. What fails is told by ground_mount.
void ground_init(void);
// mounting.c: looks the user up, makes the folder and mounts. 0, or an errno with a message that names the step; then nothing
// is left to clean up.
int ground_mount(struct ground *g, char message[GROUND_MESSAGE_MAX]);
// mounting.c: unmounts lazily, if what is mounted there still is this share. The descriptors stay open.
void ground_unmount(const struct ground *g);
// mounting.c: whoever waits for the share's server gets an error, at once and for ever. Never waits.
void ground_abort(const struct ground *g);
// mounting.c: the mount's root as a place for *at calls, or -1 with errno: ENODEV if something else is there now. Asks
// the server nothing. to_write: can be written through, also where the mount can't.
int ground_root(const struct ground *g, bool to_write);

// mounting.c: has the kernel read files in larger steps; to be called once the server has answered, which sets the least.
void ground_read_ahead(const struct ground *g);
// mounting.c: has the kernel write back what programs have written through memory mappings. 0 or an errno.
int ground_sync(const struct ground *g);

// replay.c: does to the mount what a REPLAY says (without its sequence number), so that the guest's kernel tells those
// who watch it. 0 or an errno.
int ground_replay(int root, const uint8_t *replay, size_t length);

// watched.c: whether some process of the guest has an inotify or fanotify watch on that file system. Thread-safe. The
// answer may be half a second old if it is yes.
bool ground_is_watched(dev_t dev);

#endif

// SPDX-License-Identifier: Apache-2.0
// The scratch disk: a tiny ext4 file system at the beginning of a large, empty disk, which is grown to its end.
#include "boot.h"
#include "report.h"
#include "uapi.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

// As the template has it, which the Makefile makes.
#define BLOCK_BYTES 4096u

static int scratch = -1;

static uint64_t disk_blocks(const char *device) {
    uint64_t bytes = 0;
    int fd = open(device, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || ioctl(fd, THAW_BLKGETSIZE64, &bytes) != 0) {
        fatal("ask the scratch disk %s for its size: %s", device, strerror(errno));
    }
    (void) close(fd);
    return bytes / BLOCK_BYTES;
}

void mount_scratch(const char *device, const char *where) {
    uint64_t blocks = disk_blocks(device);
    // No barriers: power is never cut here, so all that they would do is to make each fsync wait. The inode tables are
    // zeros already; nobody has to go through them in the background.
    if (mount(device, where, "ext4", 0, "barrier=0,noinit_itable") != 0) {
        fatal("mount the scratch disk %s (ext4) on %s: %s", device, where, strerror(errno));
    }
    scratch = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (scratch < 0 || ioctl(scratch, THAW_EXT4_IOC_RESIZE_FS, &blocks) != 0) {
        fatal("grow the file system of the scratch disk %s to %llu blocks of %u bytes: %s", device,
              (unsigned long long) blocks, BLOCK_BYTES, strerror(errno));
    }
}

int trim_scratch(void) {
    struct thaw_fstrim_range all = {.start = 0, .length = UINT64_MAX, .shortest = 0};
    if (scratch < 0) {
        return 0;
    }
    // A disk that can't give blocks back only stays larger than it has to be.
    return ioctl(scratch, THAW_FITRIM, &all) == 0 || errno == EOPNOTSUPP ? 0 : errno;
}

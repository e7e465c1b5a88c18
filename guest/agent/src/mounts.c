// SPDX-License-Identifier: Apache-2.0
#include "boot.h"
#include "files.h"
#include "report.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

// Where things lie before the root is switched. The image can't see them afterwards: they are below the old root.
#define IMAGE "/image"
#define LAYER "/layer"
#define SCRATCH "/scratch"
#define ROOT "/newroot"
#define CLEAR_DEPTH_MAX 16

static void need_folder(const char *path, mode_t mode) {
    if (!make_folders(path, mode, 0, 0)) {
        fatal("make the folder %s: %s", path, strerror(errno));
    }
}

static void need_mount(const char *what, const char *where, const char *type, unsigned long flags,
                       const char *options) {
    if (mount(what, where, type, flags, options) != 0) {
        fatal("mount %s (%s) on %s with '%s': %s", what, type == NULL ? "moved" : type, where,
              options == NULL ? "" : options, strerror(errno));
    }
}

void mount_kernel_file_systems(void) {
    const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    need_folder("/proc", 0555);
    need_folder("/sys", 0555);
    need_folder("/dev", 0755);
    need_mount("proc", "/proc", "proc", flags, NULL);
    need_mount("sysfs", "/sys", "sysfs", flags, NULL);
    need_mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=755");
}

// The initramfs is memory that nobody needs any more. Stays on its own file system. What can't be removed costs some
// memory and nothing else, so failures are not looked at.
static void clear_folder(int folder, dev_t device, int depth) {
    DIR *entries = fdopendir(folder);
    if (entries == NULL) {
        (void) close(folder);
        return;
    }
    struct dirent *entry;
    while ((entry = readdir(entries)) != NULL) {
        struct stat status;
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0
            || fstatat(dirfd(entries), name, &status, AT_SYMLINK_NOFOLLOW) != 0 || status.st_dev != device) {
            continue;
        }
        if (!S_ISDIR(status.st_mode)) {
            (void) unlinkat(dirfd(entries), name, 0);
            continue;
        }
        int inner = depth < CLEAR_DEPTH_MAX
                        ? openat(dirfd(entries), name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW) : -1;
        if (inner >= 0) {
            clear_folder(inner, device, depth + 1);
        }
        (void) unlinkat(dirfd(entries), name, AT_REMOVEDIR);
    }
    (void) closedir(entries);
}

static void clear_initramfs(void) {
    struct stat status;
    int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0 || fstat(root, &status) != 0) {
        fatal("open the initramfs: %s", strerror(errno));
    }
    clear_folder(root, status.st_dev, 0); // takes the descriptor
}

#define OVERLAY_ON(layer) "lowerdir=" IMAGE ",upperdir=" layer "/upper,workdir=" layer "/work,redirect_dir=on"

static void mount_layer_in_memory(unsigned tmpfs_percent) {
    char options[64];
    // Unlimited inodes: the default, half as many as pages, ends with "no space" in the middle of a small machine.
    if (snprintf(options, sizeof options, "mode=755,size=%u%%,nr_inodes=0", tmpfs_percent) < 0) {
        fatal("the options of the writable layer can't be put together");
    }
    need_mount("layer", LAYER, "tmpfs", 0, options);
    need_folder(LAYER "/upper", 0755);
    need_folder(LAYER "/work", 0755);
    // redirect_dir: a folder of the image can be renamed.
    need_mount("overlay", ROOT, "overlay", 0, OVERLAY_ON(LAYER));
}

static void mount_layer_on_disk(const char *scratch) {
    // The agent's own files stay in memory: RESUME writes to them, and must neither wait for a disk nor find it full.
    need_mount("layer", LAYER, "tmpfs", 0, "mode=755,size=1m");
    need_folder(SCRATCH, 0755);
    mount_scratch(scratch, SCRATCH);
    need_folder(SCRATCH "/upper", 0755);
    need_folder(SCRATCH "/work", 0755);
    need_mount("overlay", ROOT, "overlay", 0, OVERLAY_ON(SCRATCH));
}

static void mount_layers(const char *device, const char *scratch, unsigned tmpfs_percent) {
    need_folder(IMAGE, 0755);
    need_folder(LAYER, 0755);
    need_folder(ROOT, 0755);
    need_mount(device, IMAGE, "erofs", MS_RDONLY, NULL);
    if (scratch == NULL) {
        mount_layer_in_memory(tmpfs_percent);
    } else {
        mount_layer_on_disk(scratch);
    }
}

static void move_mount(const char *from, const char *to) {
    need_folder(to, 0755);
    need_mount(from, to, NULL, MS_MOVE, NULL);
}

static void switch_root(void) {
    move_mount("/proc", ROOT "/proc");
    move_mount("/sys", ROOT "/sys");
    move_mount("/dev", ROOT "/dev");
    if (chdir(ROOT) != 0) {
        fatal("enter the image: %s", strerror(errno));
    }
    clear_initramfs();
    need_mount(".", "/", NULL, MS_MOVE, NULL);
    if (chroot(".") != 0 || chdir("/") != 0) {
        fatal("change into the image: %s", strerror(errno));
    }
}

static void need_link(const char *to, const char *path) {
    if (symlink(to, path) != 0 && errno != EEXIST) {
        fatal("link %s to %s: %s", path, to, strerror(errno));
    }
}

// Links for what images open by habit (/dev/stdout above all), and the mounts that container engines give them. /run is
// not among these: images prepare folders in it.
static void mount_usual(void) {
    const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    need_folder("/dev/pts", 0755);
    need_folder("/dev/shm", 01777);
    need_folder("/run", 0755);
    need_folder("/tmp", 01777);
    need_folder("/etc", 0755);
    need_mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=620,ptmxmode=666");
    // Beside the writable layer's share: a tmpfs without a size may take half of the memory.
    need_mount("shm", "/dev/shm", "tmpfs", flags, "mode=1777,size=20%");
    need_mount("cgroup2", "/sys/fs/cgroup", "cgroup2", flags, NULL);
    need_link("/proc/self/fd", "/dev/fd");
    need_link("/proc/self/fd/0", "/dev/stdin");
    need_link("/proc/self/fd/1", "/dev/stdout");
    need_link("/proc/self/fd/2", "/dev/stderr");
}

static int hidden_layer = -1;

void mount_root(const char *device, const char *scratch, unsigned tmpfs_percent) {
    mount_layers(device, scratch, tmpfs_percent);
    hidden_layer = open(LAYER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (hidden_layer < 0) {
        fatal("open the writable layer: %s", strerror(errno));
    }
    switch_root();
    mount_usual();
}

int open_hidden_file(const char *name) {
    int fd = openat(hidden_layer, name, O_RDWR | O_CREAT | O_CLOEXEC, 0444);
    if (fd < 0) {
        fatal("make %s in the writable layer: %s", name, strerror(errno));
    }
    return fd;
}

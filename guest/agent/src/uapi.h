// SPDX-License-Identifier: Apache-2.0
// Kernel interfaces that musl's headers do not have. Debian's linux-libc-dev lies in glibc's include folder, and
// mixing the two is how header conflicts begin, so the few definitions that are needed stand here with their source.
#ifndef THAW_UAPI_H
#define THAW_UAPI_H

#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

// linux/random.h
struct thaw_rand_pool_info {
    int32_t entropy_bits;
    int32_t byte_count;
    uint8_t bytes[64];
};
#define THAW_RNDADDENTROPY _IOW('R', 0x03, int[2])
#define THAW_RNDRESEEDCRNG _IO('R', 0x07)

// linux/sched.h: struct clone_args, version 2 (88 bytes, Linux 5.7)
struct thaw_clone_args {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};
#define THAW_CLONE_INTO_CGROUP 0x200000000ULL
_Static_assert(sizeof(struct thaw_clone_args) == 88, "struct clone_args has 88 bytes in version 2");

// linux/fs.h
struct thaw_fstrim_range {
    uint64_t start, length, shortest;
};
// musl's ioctl takes an int.
#define THAW_FITRIM ((int) _IOWR('X', 121, struct thaw_fstrim_range))
#define THAW_BLKGETSIZE64 ((int) _IOR(0x12, 114, size_t))

// linux/ext4.h: to so many blocks
#define THAW_EXT4_IOC_RESIZE_FS _IOW('f', 16, uint64_t)

// linux/netlink.h
#define THAW_NETLINK_KOBJECT_UEVENT 15

// linux/mman.h
#define THAW_MCL_ONFAULT 4

// linux/mount.h: file systems without a path, and mounts' attributes (mount_setattr is of Linux 5.12)
#define THAW_FSOPEN_CLOEXEC 1
#define THAW_FSCONFIG_CMD_CREATE 6
#define THAW_FSMOUNT_CLOEXEC 1
#define THAW_OPEN_TREE_CLONE 1
#define THAW_OPEN_TREE_CLOEXEC 02000000
#define THAW_MOUNT_ATTR_RDONLY 1
#define THAW_SYS_mount_setattr 442
struct thaw_mount_attr {
    uint64_t attr_set, attr_clr, propagation, userns_fd;
};
_Static_assert(sizeof(struct thaw_mount_attr) == 32, "struct mount_attr has 32 bytes");

// linux/openat2.h
#define THAW_SYS_openat2 437
struct thaw_open_how {
    uint64_t flags, mode, resolve;
};
#define THAW_RESOLVE_NO_XDEV 1
#define THAW_RESOLVE_NO_MAGICLINKS 2
#define THAW_RESOLVE_NO_SYMLINKS 4
#define THAW_RESOLVE_BENEATH 8

// linux/stat.h
#define THAW_AT_STATX_DONT_SYNC 0x4000
struct thaw_statx {
    uint32_t mask, block_size;
    uint64_t attributes;
    uint32_t links, uid, gid;
    uint16_t mode, reserved;
    uint64_t inode, size, blocks, attributes_mask, times[8];
    uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
    uint64_t more[14];
};
_Static_assert(sizeof(struct thaw_statx) == 256 && offsetof(struct thaw_statx, dev_major) == 136, "struct statx");

// linux/if.h and linux/sockios.h are in musl; net/if.h has what is needed of them.

#endif

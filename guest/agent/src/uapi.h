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

// linux/if.h and linux/sockios.h are in musl; net/if.h has what is needed of them.

#endif

// SPDX-License-Identifier: Apache-2.0
// The steps from the kernel's start of /init to a root in which the image's processes can live, in their order.
// A step that fails ends the boot with a message that names it: there is nothing to fall back to.
#ifndef THAW_BOOT_H
#define THAW_BOOT_H

// mounts.c: /proc, /sys and /dev in the initramfs.
void mount_kernel_file_systems(void);
// mounts.c: the image (read-only) under a writable layer becomes /, with the usual mounts in it. What was in the initramfs
// is freed. scratch: the disk that has the writable layer, or NULL: then it is in memory, and tmpfs_percent of that.
void mount_root(const char *device, const char *scratch, unsigned tmpfs_percent);
// mounts.c: a file in memory that the image can't see; open for reading and writing.
int open_hidden_file(const char *name);

// scratch.c: mounts the disk and lets its file system have all of it.
void mount_scratch(const char *device, const char *where);
// scratch.c: gives the host back what no file has, so that it is neither frozen nor kept. Nothing to do without a scratch
// disk. Returns 0 or an errno.
int trim_scratch(void);

// modules.c: those that /lib/modules/order names, one file name a line, in that order.
void load_modules(void);

// devices.c: waits until the disk with that serial number is there. Which name a disk gets is the kernel's affair. The path
// stays valid.
const char *wait_for_disk(const char *serial);
// devices.c: lets the first fault in a program or library bring in most of it. What isn't in memory at the freeze, each
// restored copy would have to read from the disk anew.
void read_far_ahead(const char *disk);
// devices.c: opens the virtio-console port of that name once the host has connected to it.
int open_port(const char *name);
// devices.c: opens it if the machine has it, as far as the kernel knows by now; -1 if not.
int find_port(const char *name);

// network.c: the loopback interface with 127.0.0.1/8 and ::1.
void bring_up_loopback(void);

#endif

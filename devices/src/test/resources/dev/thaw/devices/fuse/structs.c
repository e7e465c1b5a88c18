// SPDX-License-Identifier: Apache-2.0
// Prints structs of the kernel's own header, each filled so that no two fields have the same bytes: name and hex in a line.
#include <stdio.h>
#include <string.h>
#include <linux/fuse.h>

static void print(const char *name, const void *bytes, size_t size)
{
	const unsigned char *byte = bytes;

	printf("%s ", name);
	for (size_t i = 0; i < size; i++)
		printf("%02x", byte[i]);
	printf("\n");
}

#define PRINT(type, ...)                                     \
	do {                                                 \
		struct type value;                           \
		memset(&value, 0, sizeof(value));            \
		value = (struct type){ __VA_ARGS__ };        \
		print(#type, &value, sizeof(value));         \
	} while (0)

#define ATTR                                                                                                     \
	.attr = { .ino = 0x101, .size = 0x102, .blocks = 0x103, .atime = 0x104, .mtime = 0x105, .ctime = 0x106,   \
		  .atimensec = 0x107, .mtimensec = 0x108, .ctimensec = 0x109, .mode = 0100640, .nlink = 0x10a,    \
		  .uid = 0x10b, .gid = 0x10c, .rdev = 0x10d, .blksize = 0x10e }

int main(void)
{
	PRINT(fuse_in_header, .len = 1, .opcode = 2, .unique = 3, .nodeid = 4, .uid = 5, .gid = 6, .pid = 7);
	PRINT(fuse_forget_in, .nlookup = 1);
	PRINT(fuse_batch_forget_in, .count = 0);
	PRINT(fuse_forget_one, .nodeid = 1, .nlookup = 2);
	PRINT(fuse_getattr_in, .getattr_flags = 1, .fh = 2);
	PRINT(fuse_setattr_in, .valid = 1, .fh = 2, .size = 3, .atime = 4, .mtime = 5, .ctime = 6, .atimensec = 7,
	      .mtimensec = 8, .ctimensec = 9, .mode = 10, .uid = 11, .gid = 12);
	PRINT(fuse_access_in, .mask = 1);
	PRINT(fuse_mknod_in, .mode = 1, .rdev = 2, .umask = 3);
	PRINT(fuse_mkdir_in, .mode = 1, .umask = 2);
	PRINT(fuse_rename_in, .newdir = 1);
	PRINT(fuse_rename2_in, .newdir = 1, .flags = 2);
	PRINT(fuse_link_in, .oldnodeid = 1);
	PRINT(fuse_create_in, .flags = 1, .mode = 2, .umask = 3, .open_flags = 4);
	PRINT(fuse_open_in, .flags = 1, .open_flags = 2);
	PRINT(fuse_read_in, .fh = 1, .offset = 2, .size = 3, .read_flags = 4, .lock_owner = 5, .flags = 6);
	PRINT(fuse_write_in, .fh = 1, .offset = 2, .size = 0, .write_flags = 4, .lock_owner = 5, .flags = 6);
	PRINT(fuse_flush_in, .fh = 1, .lock_owner = 2);
	PRINT(fuse_fsync_in, .fh = 1, .fsync_flags = 2);
	PRINT(fuse_release_in, .fh = 1, .flags = 2, .release_flags = 3, .lock_owner = 4);
	PRINT(fuse_fallocate_in, .fh = 1, .offset = 2, .length = 3, .mode = 4);
	PRINT(fuse_lseek_in, .fh = 1, .offset = 2, .whence = 3);
	PRINT(fuse_copy_file_range_in, .fh_in = 1, .off_in = 2, .nodeid_out = 3, .fh_out = 4, .off_out = 5, .len = 6,
	      .flags = 7);
	PRINT(fuse_getxattr_in, .size = 1);
	PRINT(fuse_lk_in, .fh = 1, .owner = 2, .lk = { .start = 3, .end = 4, .type = 1, .pid = 6 }, .lk_flags = 1);
	PRINT(fuse_interrupt_in, .unique = 1);
	PRINT(fuse_init_in, .major = 1, .minor = 2, .max_readahead = 3, .flags = 4, .flags2 = 5);

	PRINT(fuse_out_header, .len = 1, .error = -2, .unique = 3);
	PRINT(fuse_entry_out, .nodeid = 1, .entry_valid = 3, .attr_valid = 4, .entry_valid_nsec = 5,
	      .attr_valid_nsec = 6, ATTR);
	PRINT(fuse_attr_out, .attr_valid = 1, .attr_valid_nsec = 2, ATTR);
	PRINT(fuse_open_out, .fh = 1, .open_flags = 2);
	PRINT(fuse_write_out, .size = 1);
	PRINT(fuse_getxattr_out, .size = 1);
	PRINT(fuse_lseek_out, .offset = 1);
	PRINT(fuse_lk_out, .lk = { .start = 1, .end = 2, .type = 1, .pid = 4 });
	PRINT(fuse_statfs_out, .st = { .blocks = 1, .bfree = 2, .bavail = 3, .files = 4, .ffree = 5, .bsize = 6,
				       .namelen = 7, .frsize = 6 });
	PRINT(fuse_init_out, .major = 7, .minor = 37, .max_readahead = 1, .flags = 2, .max_background = 3,
	      .congestion_threshold = 4, .max_write = 5, .time_gran = 1, .max_pages = 6);
	PRINT(fuse_dirent, .ino = 1, .off = 2, .namelen = 0, .type = FUSE_OPEN);
	PRINT(fuse_notify_inval_inode_out, .ino = 42, .off = 0, .len = -1);
	PRINT(fuse_notify_inval_entry_out, .parent = 1, .namelen = 7);
	PRINT(fuse_notify_delete_out, .parent = 1, .child = 42, .namelen = 7);

	printf("init_flags %x\n",
	       FUSE_ASYNC_READ | FUSE_POSIX_LOCKS | FUSE_ATOMIC_O_TRUNC | FUSE_BIG_WRITES | FUSE_FLOCK_LOCKS |
		       FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO | FUSE_ASYNC_DIO | FUSE_PARALLEL_DIROPS |
		       FUSE_MAX_PAGES | FUSE_CACHE_SYMLINKS | FUSE_AUTO_INVAL_DATA | FUSE_EXPLICIT_INVAL_DATA | FUSE_HANDLE_KILLPRIV_V2);
	printf("flags %x %x %x %x %x %x %x %x %x\n", FUSE_GETATTR_FH, FATTR_FH | FATTR_SIZE | FATTR_KILL_SUIDGID,
	       FATTR_ATIME_NOW | FATTR_MTIME_NOW, FUSE_WRITE_KILL_SUIDGID, FUSE_OPEN_KILL_SUIDGID,
	       FUSE_RELEASE_FLOCK_UNLOCK, FOPEN_DIRECT_IO | FOPEN_KEEP_CACHE | FOPEN_CACHE_DIR, FUSE_LK_FLOCK,
	       FUSE_WRITEBACK_CACHE);
	printf("notify %d %d %d\n", FUSE_NOTIFY_INVAL_INODE, FUSE_NOTIFY_INVAL_ENTRY, FUSE_NOTIFY_DELETE);
	printf("opcodes %d %d %d %d %d %d %d %d %d %d %d %d\n", FUSE_LOOKUP, FUSE_STATFS, FUSE_RELEASE, FUSE_SETXATTR,
	       FUSE_INIT, FUSE_INTERRUPT, FUSE_BATCH_FORGET, FUSE_READDIRPLUS, FUSE_RENAME2, FUSE_COPY_FILE_RANGE,
	       FUSE_SYNCFS, FUSE_TMPFILE);
	return 0;
}

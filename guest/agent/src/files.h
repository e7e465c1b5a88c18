// SPDX-License-Identifier: Apache-2.0
// Small files whole, and folders with their parents.
#ifndef THAW_FILES_H
#define THAW_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// All of a file, NUL-terminated, for the caller to free. NULL with errno; EFBIG when it is longer than limit.
char *file_read(const char *path, size_t limit, size_t *length);
// Writes text to an existing file of the kernel's in one call. False with errno.
bool file_put(const char *path, const char *text);
// The whole content of a plain file, created with this mode if missing. False with errno.
bool file_replace(const char *path, mode_t mode, const char *text, size_t length);
// mkdir -p; those that it makes get the mode and belong to uid and gid. False with errno.
bool make_folders(const char *path, mode_t mode, uid_t uid, gid_t gid);

#endif

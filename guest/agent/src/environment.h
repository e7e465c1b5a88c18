// SPDX-License-Identifier: Apache-2.0
// Lists of "NAME=value", and finding a program by them.
#ifndef THAW_ENVIRONMENT_H
#define THAW_ENVIRONMENT_H

#include "wire.h"

#include <stdbool.h>

// base, then more, where the later of two with the same name wins in the earlier one's place; HOME is added if neither
// has it. The strings stay where they are, only the list is new, and ends with NULL. NULL when memory is short. home
// must live as long as the list; it is the text "HOME=...".
char **environment_merge(const struct strings *base, const struct strings *more, char *home);
// The value in a list, or NULL.
const char *environment_get(char *const *env, const char *name);
// execve; a name without a slash is looked for along env's PATH. Returns only on failure, with errno.
void run_program(char *const *argv, char *const *env);

#endif

// SPDX-License-Identifier: Apache-2.0
#include "environment.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static size_t name_length(const char *entry) {
    return strcspn(entry, "=");
}

static bool same_name(const char *a, const char *b) {
    size_t length = name_length(a);
    return length == name_length(b) && memcmp(a, b, length) == 0;
}

static size_t put(char **env, size_t count, char *entry) {
    for (size_t i = 0; i < count; i++) {
        if (same_name(env[i], entry)) {
            env[i] = entry;
            return count;
        }
    }
    env[count] = entry;
    return count + 1;
}

char **environment_merge(const struct strings *base, const struct strings *more, char *home) {
    size_t count = 0;
    char **env = calloc((size_t) base->count + more->count + 2, sizeof(char *));
    if (env == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < base->count; i++) {
        env[count++] = base->items[i];
    }
    for (uint32_t i = 0; i < more->count; i++) {
        count = put(env, count, more->items[i]);
    }
    if (environment_get(env, "HOME") == NULL) {
        env[count] = home;
    }
    return env;
}

const char *environment_get(char *const *env, const char *name) {
    size_t length = strlen(name);
    for (; *env != NULL; env++) {
        if (strncmp(*env, name, length) == 0 && (*env)[length] == '=') {
            return *env + length + 1;
        }
    }
    return NULL;
}

void run_program(char *const *argv, char *const *env) {
    const char *program = argv[0];
    if (*program == 0) {
        errno = ENOENT;
        return;
    }
    if (strchr(program, '/') != NULL) {
        (void) execve(program, argv, env);
        return;
    }
    const char *path = environment_get(env, "PATH");
    path = path == NULL ? DEFAULT_PATH : path;
    size_t program_length = strlen(program);
    int seen = ENOENT;
    for (;;) {
        size_t folder = strcspn(path, ":");
        char file[PATH_MAX];
        if (folder + 1 + program_length < sizeof file) {
            memcpy(file, path, folder);
            // An empty part of PATH is the working directory.
            size_t slash = folder == 0 ? 0 : 1;
            file[folder] = '/';
            memcpy(file + folder + slash, program, program_length + 1);
            (void) execve(file, argv, env);
            if (errno == EACCES) {
                seen = EACCES; // said only if no later folder has the program
            } else if (errno != ENOENT && errno != ENOTDIR) {
                return;
            }
        }
        if (path[folder] == 0) {
            break;
        }
        path += folder + 1;
    }
    errno = seen;
}

// SPDX-License-Identifier: Apache-2.0
// What `bench/run shares` runs inside of both guests: it does what it is told in a line and answers in a line, with
// the guest's own time for it. `driver tcp PORT FOLDER` listens, `driver port DEVICE FOLDER` talks through a port of
// virtio-console. Names in orders are relative to FOLDER. Answers begin with "ok" or "failed".
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 1 << 20, PAGE = 4096, LINE = 4096, WORDS = 6, DEPTH_MAX = 32 };

struct order {
    int peer;
    int count;
    char *word[WORDS];
};

static char block[BLOCK];

static uint64_t now(void) {
    struct timespec t;
    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0) {
        abort();
    }
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void say(int peer, const char *format, ...) {
    char line[LINE];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    if (length < 0 || length >= (int)sizeof line - 1) {
        abort();
    }
    line[length++] = '\n';
    for (int done = 0; done < length;) {
        ssize_t n = write(peer, line + done, (size_t)(length - done));
        if (n <= 0) {
            exit(1); // the host has gone
        }
        done += (int)n;
    }
}

static const char *word(const struct order *o, int index) {
    return index < o->count ? o->word[index] : "";
}

static long number(const struct order *o, int index) {
    return strtol(word(o, index), NULL, 10);
}

// Nothing is in the guest's caches then but what programs have mapped.
static int drop_caches(void) {
    sync();
    int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);
    if (fd < 0) {
        return -1;
    }
    ssize_t n = write(fd, "3", 1);
    close(fd);
    usleep(200 * 1000); // the file system's server is told of each inode that is forgotten, which isn't to be measured
    return n == 1 ? 0 : -1;
}

static int cold(const struct order *o, int index) {
    return strcmp(word(o, index), "cold") == 0 ? drop_caches() : 0;
}

// write FILE MIB: a new file, in blocks of 1 MiB, from open to close
static int write_file(const struct order *o) {
    long blocks = number(o, 2);
    if (unlink(word(o, 1)) != 0 && errno != ENOENT) {
        return -1;
    }
    memset(block, 'w', sizeof block);
    uint64_t start = now();
    int fd = open(word(o, 1), O_CREAT | O_WRONLY | O_EXCL, 0644);
    if (fd < 0) {
        return -1;
    }
    for (long i = 0; i < blocks; i++) {
        if (write(fd, block, sizeof block) != (ssize_t)sizeof block) {
            close(fd);
            return -1;
        }
    }
    if (close(fd) != 0) {
        return -1;
    }
    say(o->peer, "ok %llu", (unsigned long long)(now() - start));
    return 0;
}

// read FILE cold|warm: all of it, in blocks of 1 MiB
static int read_file(const struct order *o) {
    if (cold(o, 2) != 0) {
        return -1;
    }
    uint64_t start = now();
    int fd = open(word(o, 1), O_RDONLY);
    if (fd < 0) {
        return -1;
    }
    ssize_t n;
    uint64_t bytes = 0;
    while ((n = read(fd, block, sizeof block)) > 0) {
        bytes += (uint64_t)n;
    }
    close(fd);
    if (n != 0) {
        return -1;
    }
    say(o->peer, "ok %llu %llu", (unsigned long long)(now() - start), (unsigned long long)bytes);
    return 0;
}

// random FILE COUNT cold|warm: so many pages of it, the same ones each time
static int read_random(const struct order *o) {
    if (cold(o, 3) != 0) {
        return -1;
    }
    int fd = open(word(o, 1), O_RDONLY);
    struct stat s;
    if (fd < 0 || fstat(fd, &s) != 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM) != 0) {
        return -1;
    }
    long count = number(o, 2);
    uint64_t state = 1;
    uint64_t start = now();
    for (long i = 0; i < count; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        off_t at = (off_t)((state >> 33) % (uint64_t)(s.st_size / PAGE)) * PAGE;
        if (pread(fd, block, PAGE, at) != PAGE) {
            close(fd);
            return -1;
        }
    }
    uint64_t time = now() - start;
    close(fd);
    say(o->peer, "ok %llu", (unsigned long long)time);
    return 0;
}

// The names that the last walk has found, for those who know what they look for.
static char **found;
static size_t found_count;

static int remember(const char *folder, const char *name) {
    char *path = NULL;
    char **more = realloc(found, (found_count + 1) * sizeof *found);
    if (more != NULL) {
        found = more;
    }
    if (more == NULL || asprintf(&path, "%s/%s", folder, name) < 0) {
        return -1;
    }
    found[found_count++] = path;
    return 0;
}

static void forget_all(void) {
    while (found_count > 0) {
        free(found[--found_count]);
    }
}

static int walk(int folder, const char *path, int depth, int look) {
    DIR *listing = folder < 0 || depth > DEPTH_MAX ? NULL : fdopendir(folder);
    if (listing == NULL) {
        return -1;
    }
    int result = 0;
    struct dirent *e;
    while (result == 0 && (e = readdir(listing)) != NULL) {
        struct stat s;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) {
            continue;
        }
        result = remember(path, e->d_name);
        if (result == 0 && look && fstatat(dirfd(listing), e->d_name, &s, AT_SYMLINK_NOFOLLOW) != 0) {
            result = -1;
        } else if (result == 0 && e->d_type == DT_DIR) {
            int below = openat(dirfd(listing), e->d_name, O_RDONLY | O_DIRECTORY);
            result = walk(below, found[found_count - 1], depth + 1, look);
        }
    }
    closedir(listing);
    return result;
}

// find FOLDER cold|warm and list FOLDER cold|warm: everything below a folder, with and without a stat of each
static int find(const struct order *o, int look) {
    if (cold(o, 2) != 0) {
        return -1;
    }
    forget_all();
    uint64_t start = now();
    if (walk(open(word(o, 1), O_RDONLY | O_DIRECTORY), word(o, 1), 0, look) != 0) {
        return -1;
    }
    say(o->peer, "ok %llu %zu", (unsigned long long)(now() - start), found_count);
    return 0;
}

// stat: what was found last
static int stat_again(const struct order *o) {
    uint64_t start = now();
    for (size_t i = 0; i < found_count; i++) {
        struct stat s;
        if (lstat(found[i], &s) != 0) {
            return -1;
        }
    }
    say(o->peer, "ok %llu %zu", (unsigned long long)(now() - start), found_count);
    return 0;
}

// run COMMAND: a shell's; the line's rest
static int run(const struct order *o) {
    uint64_t start = now();
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", word(o, 1), (char *)NULL);
        _exit(127);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        return -1;
    }
    say(o->peer, "ok %llu %d", (unsigned long long)(now() - start), WIFEXITED(status) ? WEXITSTATUS(status) : 255);
    return 0;
}

static int content(const char *file, char *text, size_t room) {
    int fd = open(file, O_RDONLY);
    if (fd < 0) {
        return -1;
    }
    ssize_t n = read(fd, text, room - 1);
    close(fd);
    text[n < 0 ? 0 : n] = '\0';
    return n < 0 ? -1 : 0;
}

static int differ(const struct stat *a, const struct stat *b) {
    return a->st_size != b->st_size || a->st_ino != b->st_ino || a->st_mtim.tv_sec != b->st_mtim.tv_sec ||
           a->st_mtim.tv_nsec != b->st_mtim.tv_nsec;
}

// watch FILE LAST: says what is in the file each time that its attributes show a change, up to LAST
static int watch(const struct order *o) {
    struct stat before = {0};
    char text[64] = "", last[64] = "";
    say(o->peer, "ok");
    while (strcmp(text, word(o, 2)) != 0) {
        struct stat s;
        if (stat(word(o, 1), &s) != 0) {
            return -1;
        }
        if (differ(&s, &before)) {
            if (content(word(o, 1), text, sizeof text) != 0) {
                return -1;
            }
            before = s;
            if (strcmp(text, last) != 0 && text[0] != '\0') {
                strcpy(last, text);
                say(o->peer, "seen %s", text);
            }
        }
        usleep(1000);
    }
    return 0;
}

// get FILE: its size as stat tells it, and what is in it
static int get(const struct order *o) {
    struct stat s;
    char text[64];
    if (stat(word(o, 1), &s) != 0 || content(word(o, 1), text, sizeof text) != 0) {
        return -1;
    }
    say(o->peer, "ok %lld %s", (long long)s.st_size, text);
    return 0;
}

static int obey(const struct order *o) {
    const char *what = word(o, 0);
    if (strcmp(what, "write") == 0) {
        return write_file(o);
    } else if (strcmp(what, "read") == 0) {
        return read_file(o);
    } else if (strcmp(what, "random") == 0) {
        return read_random(o);
    } else if (strcmp(what, "find") == 0) {
        return find(o, 1);
    } else if (strcmp(what, "list") == 0) {
        return find(o, 0);
    } else if (strcmp(what, "stat") == 0) {
        return stat_again(o);
    } else if (strcmp(what, "run") == 0) {
        return run(o);
    } else if (strcmp(what, "watch") == 0) {
        return watch(o);
    } else if (strcmp(what, "get") == 0) {
        return get(o);
    }
    errno = ENOSYS;
    return -1;
}

static void serve(int peer) {
    FILE *orders = fdopen(dup(peer), "r");
    char line[LINE];
    say(peer, "ok");
    while (orders != NULL && fgets(line, sizeof line, orders) != NULL) {
        struct order o = {.peer = peer};
        line[strcspn(line, "\n")] = '\0';
        for (char *rest = line; o.count < WORDS && rest != NULL;) {
            int whole = o.count == 1 && strcmp(o.word[0], "run") == 0;
            o.word[o.count++] = whole ? rest : strsep(&rest, " ");
            rest = whole ? NULL : rest;
        }
        errno = 0;
        if (obey(&o) != 0) {
            int error = errno;
            say(peer, "failed %s %s: %s", word(&o, 0), word(&o, 1), strerror(error));
        }
    }
}

static int accepted(const char *port) {
    int on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1) != 0) {
        return -1;
    }
    int peer = accept(listener, NULL, NULL);
    return peer >= 0 && setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 ? peer : -1;
}

int main(int count, char **argument) {
    if (count != 4 || chdir(argument[3]) != 0) {
        fprintf(stderr, "usage: driver tcp PORT FOLDER | driver port DEVICE FOLDER\n");
        return 2;
    }
    int peer = strcmp(argument[1], "tcp") == 0 ? accepted(argument[2]) : open(argument[2], O_RDWR);
    if (peer < 0) {
        perror(argument[2]);
        return 1;
    }
    serve(peer);
    return 0;
}

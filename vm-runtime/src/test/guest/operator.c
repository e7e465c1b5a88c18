// SPDX-License-Identifier: Apache-2.0
// Does one file operation for each line on its standard input and answers each with one line: "ok", with what there is to
// tell behind it, or "errno NUMBER". It runs in a guest and on the host alike, so that both can be compared.
//
// Its argument is the folder that paths are relative to; paths and data have no spaces. NUL bytes of files are shown as '.'.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE = 1 << 16, HELD = 4, MAX_NAMES = 4096, MAX_PATH = 4096 };

static char line[LINE];
static char answer[4 * LINE]; // so that most go out by one write
static int held[HELD] = {-1, -1, -1, -1};

// ---- looking ----

static void show_bytes(const char *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) putchar(bytes[i] ? bytes[i] : '.');
}

// FNV-1a, 64 bits.
static uint64_t hash_of(uint64_t hash, const char *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(1099511628211);
    return hash;
}

// Reads to the end, as fstat's size may be another than what is there to be read.
static int hash_file(int fd, uint64_t *hash, uint64_t *size) {
    static char block[LINE];
    *hash = UINT64_C(14695981039346656037);
    *size = 0;
    for (;;) {
        ssize_t count = pread(fd, block, sizeof block, (off_t)*size);
        if (count < 0) return -1;
        if (count == 0) return 0;
        *hash = hash_of(*hash, block, (size_t)count);
        *size += (uint64_t)count;
    }
}

static int names_of(const char *path, char **names) {
    DIR *folder = opendir(path);
    if (!folder) return -1;
    int count = 0;
    for (struct dirent *entry; count < MAX_NAMES && (entry = readdir(folder));) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) names[count++] = strdup(entry->d_name);
    }
    closedir(folder);
    return count;
}

static int by_name(const void *one, const void *other) { return strcmp(*(char *const *)one, *(char *const *)other); }

static int list(const char *path) {
    static char *names[MAX_NAMES];
    int count = names_of(path, names);
    if (count < 0) return -1;
    qsort(names, (size_t)count, sizeof *names, by_name);
    fputs("ok", stdout);
    for (int i = 0; i < count; i++) {
        printf(" %s", names[i]);
        free(names[i]);
    }
    return 0;
}

static void show_failure(void) { printf(" !%d", errno); }

// kind and permissions, links, size (of a folder's own there is no telling), time of the last change of data
static int show_attributes(const struct stat *st) {
    return printf(" %o %lu %lld %lld.%09ld", st->st_mode, (unsigned long)st->st_nlink,
                  S_ISDIR(st->st_mode) ? 0LL : (long long)st->st_size, (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
}

static void show_content(const char *path, const struct stat *st) {
    char target[MAX_PATH];
    if (S_ISLNK(st->st_mode)) {
        ssize_t length = readlink(path, target, sizeof target);
        if (length < 0) return show_failure();
        putchar(' ');
        show_bytes(target, (size_t)length);
    } else if (S_ISREG(st->st_mode)) {
        uint64_t hash, size;
        int fd = open(path, O_RDONLY | O_NOFOLLOW);
        if (fd < 0) return show_failure();
        if (hash_file(fd, &hash, &size) < 0) show_failure();
        else printf(" %" PRIu64 ":%" PRIx64, size, hash);
        close(fd);
    }
}

// All below a folder, entries ended by ';'.
static void tree(const char *path) {
    char *names[64], below[MAX_PATH];
    int count = names_of(path, names);
    if (count < 0) return show_failure();
    qsort(names, (size_t)count, sizeof *names, by_name);
    for (int i = 0; i < count; i++) {
        struct stat st;
        snprintf(below, sizeof below, "%s/%s", path, names[i]);
        free(names[i]);
        printf(" %s", below);
        if (lstat(below, &st) < 0) {
            show_failure();
            putchar(';');
            continue;
        }
        show_attributes(&st);
        show_content(below, &st);
        putchar(';');
        if (S_ISDIR(st.st_mode)) tree(below);
    }
}

static int show_fd(int fd) {
    uint64_t hash, size;
    struct stat st;
    if (hash_file(fd, &hash, &size) < 0 || fstat(fd, &st) < 0) return -1;
    printf("ok %lld %" PRIu64 ":%" PRIx64, (long long)st.st_size, size, hash);
    return 0;
}

static int show_mapped(int fd) {
    struct stat st;
    if (fstat(fd, &st) < 0) return -1;
    uint64_t hash = hash_of(UINT64_C(14695981039346656037), "", 0);
    if (st.st_size > 0) {
        char *bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (bytes == MAP_FAILED) return -1;
        hash = hash_of(hash, bytes, (size_t)st.st_size);
        munmap(bytes, (size_t)st.st_size);
    }
    printf("ok %lld %lld:%" PRIx64, (long long)st.st_size, (long long)st.st_size, hash);
    return 0;
}

static int read_all(const char *path) {
    static char block[LINE];
    int fd = open(path, O_RDONLY);
    if (fd < 0) return -1;
    ssize_t count = read(fd, block, sizeof block);
    close(fd);
    if (count < 0) return -1;
    fputs("ok ", stdout);
    show_bytes(block, (size_t)count);
    return 0;
}

static int show_stat(const char *path) {
    struct stat st;
    if (lstat(path, &st) < 0) return -1;
    fputs("ok", stdout);
    show_attributes(&st);
    return 0;
}

// ---- changing ----

static int done(int result) {
    if (result >= 0) fputs("ok", stdout);
    return result;
}

// Writes to an open file and closes it.
static int put(int fd, const char *data, long offset, int sync) {
    if (fd < 0) return -1;
    size_t length = strlen(data);
    ssize_t count = offset < 0 ? write(fd, data, length) : pwrite(fd, data, length, offset);
    int result = count == (ssize_t)length ? 0 : -1;
    if (result == 0 && sync) result = fsync(fd);
    int why = errno;
    if (close(fd) < 0 && result == 0) return -1;
    errno = why;
    return done(result);
}

// Through a mapping; what is written gets to the file at the latest when it is closed.
static int put_mapped(const char *path, long offset, const char *data) {
    size_t length = strlen(data);
    struct stat st;
    int fd = open(path, O_RDWR | O_NOFOLLOW);
    if (fd < 0) return -1;
    if (fstat(fd, &st) < 0 || st.st_size < offset + (off_t)length) {
        close(fd);
        errno = EFBIG;
        return -1;
    }
    char *bytes = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (bytes != MAP_FAILED) {
        memcpy(bytes + offset, data, length);
        munmap(bytes, (size_t)st.st_size);
    }
    int result = bytes == MAP_FAILED ? -1 : 0;
    if (close(fd) < 0) return -1;
    return done(result);
}

static int hold(int slot, const char *path, int flags) {
    if (held[slot] >= 0) close(held[slot]);
    held[slot] = open(path, flags | O_NOFOLLOW);
    return done(held[slot]);
}

static int replace_file(const char *path, const char *data) {
    char aside[MAX_PATH];
    snprintf(aside, sizeof aside, "%s.new", path);
    int fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0) return -1;
    ssize_t count = write(fd, data, strlen(data));
    if (close(fd) < 0 || count != (ssize_t)strlen(data)) return -1;
    return done(rename(aside, path));
}

// ---- lines ----

static int is(const char *word, const char *command) { return strcmp(word, command) == 0; }

static int on_held(const char *command, int slot, long number, const char *data) {
    int fd = held[slot];
    if (is(command, "held-read")) return show_fd(fd);
    if (is(command, "held-map")) return show_mapped(fd);
    if (is(command, "held-truncate")) return done(ftruncate(fd, number));
    if (is(command, "held-write")) return put(dup(fd), data, number, 0);
    errno = ENOSYS;
    return -1;
}

static int on_two(const char *command, const char *path, const char *other) {
    if (is(command, "rename")) return done(rename(path, other));
    if (is(command, "link")) return done(linkat(AT_FDCWD, path, AT_FDCWD, other, 0));
    if (is(command, "symlink")) return done(symlink(other, path));
    if (is(command, "append")) return put(open(path, O_WRONLY | O_APPEND | O_NOFOLLOW), other, -1, 0);
    if (is(command, "replace")) return replace_file(path, other);
    if (is(command, "rewrite")) return put(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0644), other, 0, 0);
    if (is(command, "rewrite-sync")) return put(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644), other, 0, 1);
    if (is(command, "chmod")) return done(chmod(path, (mode_t)strtol(other, NULL, 8)));
    if (is(command, "truncate")) return done(truncate(path, strtol(other, NULL, 10)));
    errno = ENOSYS;
    return -1;
}

static int on_one(const char *command, const char *path) {
    if (is(command, "read")) return read_all(path);
    if (is(command, "stat")) return show_stat(path);
    if (is(command, "list")) return list(path);
    if (is(command, "mkdir")) return done(mkdir(path, 0755));
    if (is(command, "rmdir")) return done(rmdir(path));
    if (is(command, "unlink")) return done(unlink(path));
    if (is(command, "create")) {
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
        return fd < 0 ? -1 : done(close(fd));
    }
    if (is(command, "tree")) {
        fputs("ok", stdout);
        tree(path);
        return 0;
    }
    errno = ENOSYS;
    return -1;
}

static int obey(char *text) {
    char *words[4] = {"", "", "", ""};
    int count = 0;
    for (char *word = strtok(text, " \n"); word && count < 4; word = strtok(NULL, " \n")) words[count++] = word;
    int slot = (int)strtol(words[1], NULL, 10) % HELD;
    long number = strtol(words[2], NULL, 10);
    if (is(words[0], "hold")) return hold(slot, words[2], O_RDWR);
    if (is(words[0], "hold-to-read")) return hold(slot, words[2], O_RDONLY);
    if (strncmp(words[0], "held-", 5) == 0) return on_held(words[0], slot, number, words[3]);
    if (is(words[0], "write")) return put(open(words[1], O_WRONLY | O_NOFOLLOW), words[3], number, 0);
    if (is(words[0], "map")) return put_mapped(words[1], number, words[3]);
    return count == 3 ? on_two(words[0], words[1], words[2]) : on_one(words[0], words[1]);
}

int main(int argc, char **argv) {
    umask(022);
    setvbuf(stdout, answer, _IOFBF, sizeof answer);
    if (argc != 2 || chdir(argv[1]) < 0) {
        printf("errno %d\n", argc == 2 ? errno : EINVAL);
        return 1;
    }
    while (fgets(line, sizeof line, stdin)) {
        if (obey(line) < 0) printf("errno %d", errno);
        putchar('\n');
        if (fflush(stdout) != 0) return 1;
    }
    return 0;
}

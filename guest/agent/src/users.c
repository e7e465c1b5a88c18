// SPDX-License-Identifier: Apache-2.0
#include "users.h"

#include "files.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATABASE_MAX (4u * 1024 * 1024)
#define FIELDS_MAX 7

struct entry {
    char *field[FIELDS_MAX];
    int count;
};

// The next line that has at least the wanted number of fields, cut up in place at its colons. Comment lines and lines
// too short are skipped, as the C libraries skip them.
static bool next_entry(char **text, int wanted, struct entry *entry) {
    while (*text != NULL && **text != 0) {
        char *line = *text;
        char *end = strchr(line, '\n');
        *text = end == NULL ? NULL : end + 1;
        if (end != NULL) {
            *end = 0;
        }
        if (line[0] == '#') {
            continue;
        }
        entry->count = 0;
        while (line != NULL && entry->count < FIELDS_MAX) {
            entry->field[entry->count++] = line;
            line = entry->count == FIELDS_MAX ? NULL : strchr(line, ':');
            if (line != NULL) {
                *line++ = 0;
            }
        }
        if (entry->count >= wanted) {
            return true;
        }
    }
    return false;
}

// Decimal digits only; an id of 4294967295 means "unchanged" to the kernel and is none.
static bool parse_id(const char *text, uint32_t *id) {
    uint64_t value = 0;
    if (*text == 0) {
        return false;
    }
    for (; *text != 0; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        value = value * 10 + (uint64_t) (*text - '0');
        if (value >= UINT32_MAX) {
            return false;
        }
    }
    *id = (uint32_t) value;
    return true;
}

static bool is_number(const char *text) {
    return *text != 0 && strspn(text, "0123456789") == strlen(text);
}

// An absent file is an empty one: images without any users are common.
static int load(const char *path, char **text) {
    size_t length;
    *text = file_read(path, DATABASE_MAX, &length);
    if (*text == NULL && errno == ENOENT) {
        *text = calloc(1, 1);
    }
    return *text == NULL ? errno : 0;
}

// Sets uid, gid, home; gives the entry's name, which lives as long as text does.
static int find_user(const char *user, char *text, struct identity *who, const char **name) {
    uint32_t wanted = 0;
    bool number = parse_id(user, &wanted);
    struct entry e;
    *name = NULL;
    char *at = text;
    bool found = false, by_name = false;
    while (!by_name && next_entry(&at, 4, &e)) {
        uint32_t uid, gid;
        if (!parse_id(e.field[2], &uid) || !parse_id(e.field[3], &gid)) {
            continue;
        }
        by_name = strcmp(e.field[0], user) == 0;
        if (!by_name && (found || !number || uid != wanted)) {
            continue; // a name that looks like a number wins over the number
        }
        found = true;
        who->uid = uid;
        who->gid = gid;
        *name = e.field[0];
        const char *home = e.count > 5 && e.field[5][0] == '/' ? e.field[5] : "/";
        if (strlen(home) < sizeof who->home) {
            strcpy(who->home, home);
        }
    }
    if (!found && number) {
        who->uid = wanted;
        return 0;
    }
    if (found) {
        return 0;
    }
    return is_number(user) ? EINVAL : ENOENT;
}

static int find_group(const char *group, char *text, struct identity *who) {
    uint32_t wanted = 0;
    bool number = parse_id(group, &wanted);
    struct entry e;
    while (next_entry(&text, 3, &e)) {
        uint32_t gid;
        if (strcmp(e.field[0], group) == 0 && parse_id(e.field[2], &gid)) {
            who->gid = gid;
            return 0;
        }
    }
    if (number) {
        who->gid = wanted;
        return 0;
    }
    return is_number(group) ? EINVAL : ENOENT;
}

static bool lists(const char *members, const char *name) {
    size_t length = strlen(name);
    while (*members != 0) {
        size_t one = strcspn(members, ",");
        if (one == length && memcmp(members, name, length) == 0) {
            return true;
        }
        members += one + (members[one] == ',');
    }
    return false;
}

static void find_memberships(const char *name, char *text, struct identity *who) {
    struct entry e;
    while (name != NULL && who->group_count < GROUPS_MAX && next_entry(&text, 4, &e)) {
        uint32_t gid;
        if (parse_id(e.field[2], &gid) && gid != who->gid && lists(e.field[3], name)) {
            who->groups[who->group_count++] = gid;
        }
    }
}

static int refuse(int error, char *message, size_t size, const char *what, const char *name, const char *path) {
    if (snprintf(message, size, "%s '%s' in %s: %s", what, name, path, strerror(error)) < 0 && size > 0) {
        message[0] = 0;
    }
    return error;
}

int identity_of(const char *spec, const char *passwd_path, const char *group_path, struct identity *who, char *message,
                size_t message_size) {
    char *passwd = NULL, *groups = NULL, *user = NULL;
    const char *name = NULL;
    memset(who, 0, sizeof *who);
    strcpy(who->home, "/");
    user = strdup(*spec == 0 ? "0" : spec);
    if (user == NULL) {
        return refuse(ENOMEM, message, message_size, "look up user", spec, passwd_path);
    }
    char *group = strchr(user, ':');
    if (group != NULL) {
        *group++ = 0;
    }
    const char *wanted_user = *user == 0 ? "0" : user;
    int error = load(passwd_path, &passwd);
    if (error != 0) {
        refuse(error, message, message_size, "look up user", spec, passwd_path);
        goto done;
    }
    error = load(group_path, &groups);
    if (error != 0) {
        refuse(error, message, message_size, "look up user", spec, group_path);
        goto done;
    }
    error = find_user(wanted_user, passwd, who, &name);
    if (error != 0) {
        refuse(error, message, message_size, "look up user", wanted_user, passwd_path);
        goto done;
    }
    if (group != NULL && *group != 0) {
        // A group that is asked for stands alone, as with other container engines.
        error = find_group(group, groups, who);
        if (error != 0) {
            refuse(error, message, message_size, "look up group", group, group_path);
        }
        goto done;
    }
    find_memberships(name, groups, who);
done:
    free(passwd);
    free(groups);
    free(user);
    return error;
}

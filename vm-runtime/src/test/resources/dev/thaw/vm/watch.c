// SPDX-License-Identifier: Apache-2.0
// Watches folders and files, and writes a line for each event: what was watched, the event, the name, the cookie of a move.
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#define EVENTS (IN_CREATE | IN_MODIFY | IN_ATTRIB | IN_DELETE | IN_MOVE | IN_DELETE_SELF | IN_MOVE_SELF)

static const struct {
    unsigned mask;
    const char *name;
} kinds[] = {
    {IN_CREATE, "CREATE"},         {IN_MODIFY, "MODIFY"},         {IN_ATTRIB, "ATTRIB"},
    {IN_DELETE, "DELETE"},         {IN_MOVED_FROM, "MOVED_FROM"}, {IN_MOVED_TO, "MOVED_TO"},
    {IN_DELETE_SELF, "GONE"},      {IN_MOVE_SELF, "MOVED"},       {IN_Q_OVERFLOW, "OVERFLOW"},
};

static void tell(const struct inotify_event *event, char **watched) {
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (event->mask & kinds[i].mask) {
            printf("%s %s%s %s %u\n", event->wd > 0 ? watched[event->wd] : "-", kinds[i].name,
                   event->mask & IN_ISDIR ? "/" : "", event->len > 0 ? event->name : ".", event->cookie);
        }
    }
}

int main(int count, char **watched) {
    static char buffer[65536] __attribute__((aligned(8)));
    int queue = inotify_init();
    for (int i = 1; i < count; i++) {
        if (inotify_add_watch(queue, watched[i], EVENTS) != i) {
            perror(watched[i]);
            return 1;
        }
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("ready");
    for (;;) {
        ssize_t length = read(queue, buffer, sizeof buffer);
        if (length <= 0) {
            return 1;
        }
        for (ssize_t at = 0; at < length;) {
            const struct inotify_event *event = (const struct inotify_event *) (buffer + at);
            tell(event, watched);
            at += (ssize_t) sizeof *event + event->len;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
#include "listening.h"

#include "kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define STATE_LISTEN 0x0a // include/net/tcp_states.h

static bool hex(const char **at, int digits, uint32_t *value) {
    *value = 0;
    for (int i = 0; i < digits; i++) {
        char c = *(*at)++;
        uint32_t digit;
        if (c >= '0' && c <= '9') {
            digit = (uint32_t) (c - '0');
        } else if (c >= 'A' && c <= 'F') {
            digit = (uint32_t) (c - 'A' + 10);
        } else {
            return false;
        }
        *value = *value << 4 | digit;
    }
    return true;
}

static bool skip(const char **at, char expected) {
    return *(*at)++ == expected;
}

// An address word is printed as the number that its four bytes are in memory (net/ipv4/tcp_ipv4.c, get_openreq4), so on
// a little-endian machine the first byte of the address is the lowest.
static bool is_loopback_v4(uint32_t word) {
    return (word & 0xff) == 127;
}

static bool is_local(const uint32_t address[4], int words) {
    if (words == 1) {
        return address[0] == 0 || is_loopback_v4(address[0]);
    }
    if (address[0] != 0 || address[1] != 0) {
        return false;
    }
    if (address[2] == 0) {
        return address[3] == 0 || address[3] == 0x01000000; // :: and ::1
    }
    return address[2] == 0xffff0000 && (address[3] == 0 || is_loopback_v4(address[3])); // ::ffff:a.b.c.d
}

// "  sl  local_address remote_address st ...": "   0: 0100007F:1538 00000000:0000 0A ..."
bool ports_add_line(struct ports *ports, const char *line) {
    const char *at = strchr(line, ':');
    if (at == NULL || at[1] != ' ') {
        return false;
    }
    at += 2;
    size_t digits = strcspn(at, ":");
    if (digits != 8 && digits != 32) {
        return false;
    }
    int words = (int) digits / 8;
    uint32_t address[4] = {0}, port, remote, remote_port, state;
    for (int i = 0; i < words; i++) {
        if (!hex(&at, 8, &address[i])) {
            return false;
        }
    }
    if (!skip(&at, ':') || !hex(&at, 4, &port) || !skip(&at, ' ')) {
        return false;
    }
    for (int i = 0; i < words; i++) {
        if (!hex(&at, 8, &remote)) {
            return false;
        }
    }
    if (!skip(&at, ':') || !hex(&at, 4, &remote_port) || !skip(&at, ' ') || !hex(&at, 2, &state)
        || state != STATE_LISTEN) {
        return false;
    }
    if (is_local(address, words)) {
        ports->bits[port / 8] = (uint8_t) (ports->bits[port / 8] | 1u << port % 8);
    }
    return true;
}

void ports_put(const struct ports *ports, struct writer *w) {
    size_t count_at = w->length;
    uint32_t count = 0;
    write_u32(w, 0);
    for (uint32_t port = 1; port < 65536 && count < LISTENING_MAX; port++) {
        if (ports->bits[port / 8] == 0) {
            port |= 7; // nothing in these eight
            continue;
        }
        if ((ports->bits[port / 8] >> port % 8 & 1) != 0) {
            write_u16(w, (uint16_t) port);
            count++;
        }
    }
    if (!w->bad) {
        put_u32(w->at + count_at, count);
    }
}

// Kept open: a restore ends with LISTENING, and walking the path for the first time costs more than reading the table.
struct table {
    const char *path;
    int fd;
};
static struct table tcp = {.path = "/proc/net/tcp", .fd = -1};
static struct table tcp6 = {.path = "/proc/net/tcp6", .fd = -1};

// Listening sockets come first in the table (tcp_seq_start walks their hash before the established one), so reading
// stops at the first that is not: a service with thousands of connections must not make this slow.
static int add_table(struct ports *ports, struct table *table) {
    char text[4096 + 1];
    size_t used = 0;
    bool first = true, more = true;
    off_t offset = 0;
    int error = 0;
    if (table->fd < 0) {
        table->fd = open(table->path, O_RDONLY | O_CLOEXEC);
    }
    if (table->fd < 0) {
        return errno == ENOENT ? 0 : errno; // a kernel without IPv6 has no tcp6
    }
    while (more) {
        ssize_t n = pread(table->fd, text + used, sizeof text - 1 - used, offset);
        if (n < 0) {
            error = errno;
            break;
        }
        if (n == 0) {
            break;
        }
        offset += n;
        used += (size_t) n;
        text[used] = 0;
        char *line = text, *end;
        while (more && (end = strchr(line, '\n')) != NULL) {
            *end = 0;
            more = ports_add_line(ports, line) || first;
            first = false;
            line = end + 1;
        }
        used -= (size_t) (line - text);
        memmove(text, line, used);
        more = more && used < sizeof text - 1;
    }
    return error;
}

// 0 or an errno.
static int listening_put(struct writer *w) {
    struct ports ports = {{0}};
    int error = add_table(&ports, &tcp);
    if (error == 0) {
        error = add_table(&ports, &tcp6);
    }
    if (error == 0) {
        ports_put(&ports, w);
    }
    return error;
}

static void open_listening(struct stream *s, struct reader *request) {
    uint8_t result[LISTENING_SIZE_MAX];
    struct writer w = writer_to(result, sizeof result);
    if (!reader_done(request)) {
        stream_fail(s, EINVAL, "the request of LISTENING is not empty");
        return;
    }
    int error = listening_put(&w);
    if (error != 0) {
        stream_fail(s, error, "read /proc/net/tcp: %s", strerror(error));
        return;
    }
    stream_end(s, result, (uint32_t) w.length);
}

const struct kind kind_listening = {.name = "LISTENING", .open = open_listening};

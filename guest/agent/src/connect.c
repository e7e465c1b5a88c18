// SPDX-License-Identifier: Apache-2.0
// CONNECT: a TCP connection to a port in the guest (docs/guest-channel.md, "CONNECT").
#include "agent.h"
#include "inlet.h"
#include "kinds.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct connection {
    struct garbage garbage;
    struct watch socket;
    struct stream *stream;
    struct inlet inlet;
    uint16_t port;
    bool try_ipv6; // when 127.0.0.1 refuses
    bool connected;
    bool readable;
    bool hung_up; // nothing more will come, but there may still be something to read
    bool service_done; // it has sent its EOF
    bool shut; // ours has been sent on
    int broken; // errno of a failed send: what the service wrote before is still delivered
};

static void socket_ready(struct watch *watch, uint32_t events);

static int connect_to(struct connection *c, const struct sockaddr *address, socklen_t length) {
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return errno;
    }
    int error = 0, on = 1;
    // Small requests and answers are what tests send; waiting to fill a segment only adds time.
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        error = errno;
    } else if (connect(fd, address, length) != 0 && errno != EINPROGRESS) {
        error = errno;
    } else if (!loop_watch(c->stream->mux->loop, &c->socket, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                           socket_ready)) {
        error = errno;
    }
    if (error != 0) {
        (void) close(fd);
    }
    return error;
}

static int connect_ipv4(struct connection *c, struct in_addr address) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(c->port), .sin_addr = address};
    return connect_to(c, (const struct sockaddr *) &to, sizeof to);
}

static int connect_ipv6(struct connection *c, struct in6_addr address) {
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(c->port), .sin6_addr = address};
    return connect_to(c, (const struct sockaddr *) &to, sizeof to);
}

static int connect_first(struct connection *c, const char *address) {
    struct in_addr v4;
    struct in6_addr v6;
    if (*address == 0) {
        struct in_addr loopback = {.s_addr = htonl(INADDR_LOOPBACK)};
        int error = connect_ipv4(c, loopback);
        c->try_ipv6 = true;
        if (error == ECONNREFUSED) {
            c->try_ipv6 = false;
            error = connect_ipv6(c, in6addr_loopback);
        }
        return error;
    }
    if (inet_pton(AF_INET, address, &v4) == 1) {
        return connect_ipv4(c, v4);
    }
    return inet_pton(AF_INET6, address, &v6) == 1 ? connect_ipv6(c, v6) : EINVAL;
}

// True once it stands; false while it does not, or when the stream is over.
static bool finish_connect(struct connection *c) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(c->socket.fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) {
        error = errno;
    }
    if (error == ECONNREFUSED && c->try_ipv6) {
        c->try_ipv6 = false;
        loop_unwatch(&c->socket);
        error = connect_ipv6(c, in6addr_loopback);
        if (error == 0) {
            return false;
        }
        if (error == EAFNOSUPPORT || error == EADDRNOTAVAIL) {
            error = ECONNREFUSED; // no IPv6 here: the first answer stands
        }
    }
    if (error != 0) {
        stream_fail(c->stream, error, "connect to port %u: %s", c->port, strerror(error));
        return false;
    }
    c->connected = true;
    stream_opened(c->stream, NULL, 0);
    return true;
}

static bool end_if_done(struct connection *c) {
    if (!c->service_done) {
        return false;
    }
    if (c->broken != 0) {
        stream_fail(c->stream, ECONNRESET, "the service closed the connection: %s", strerror(c->broken));
        return true;
    }
    if (c->shut) {
        stream_end(c->stream, NULL, 0);
        return true;
    }
    return false;
}

// False when the stream is over.
static bool write_socket(struct connection *c) {
    while (inlet_used(&c->inlet) > 0) {
        ssize_t n = c->broken != 0 ? (ssize_t) inlet_used(&c->inlet)
                                   : send(c->socket.fd, c->inlet.bytes + c->inlet.start, inlet_used(&c->inlet),
                                          MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            return true;
        }
        if (n < 0 && errno != EINTR) {
            c->broken = errno;
            c->readable = true;
            stream_wake(c->stream);
        }
        if (n > 0) {
            inlet_taken(&c->inlet, (size_t) n);
            stream_took(c->stream, (uint32_t) n);
        }
    }
    if (c->stream->host_done && !c->shut) {
        c->shut = true;
        if (c->broken == 0 && shutdown(c->socket.fd, SHUT_WR) != 0 && errno != ENOTCONN) {
            c->broken = errno;
        }
    }
    return !end_if_done(c);
}

static void send_connect(struct stream *s) {
    struct connection *c = s->state;
    uint32_t room = stream_sendable(s);
    if (!c->connected || !c->readable || c->service_done || room == 0) {
        return;
    }
    ssize_t n = recv(c->socket.fd, stream_payload(s), room, 0);
    if (n > 0) {
        stream_sent(s, DATA_MAIN, (uint32_t) n);
        // Less than asked for: that was all, and what comes later is an event of its own. Unless it was the last.
        c->readable = (uint32_t) n == room || c->hung_up || c->broken != 0;
        if (c->readable) {
            stream_wake(s);
        }
    } else if (n < 0 && errno == EINTR) {
        stream_wake(s);
    } else if (n < 0 && errno == EAGAIN && c->broken == 0) {
        c->readable = false;
    } else if (n == 0 && c->broken == 0) {
        c->service_done = true;
        stream_eof(s, DATA_MAIN);
        (void) end_if_done(c);
    } else {
        int error = c->broken != 0 ? c->broken : errno;
        stream_fail(s, ECONNRESET, "the service closed the connection: %s", strerror(error));
    }
}

static void socket_ready(struct watch *watch, uint32_t events) {
    struct connection *c = (struct connection *) ((char *) watch - offsetof(struct connection, socket));
    if (!c->connected && !finish_connect(c)) {
        return;
    }
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
        c->readable = true;
        c->hung_up |= (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
        stream_wake(c->stream);
    }
    (void) write_socket(c);
}

static void open_connect(struct stream *s, struct reader *request) {
    char *address = NULL;
    int error = ENOMEM;
    struct connection *c = calloc(1, sizeof *c);
    if (c == NULL) {
        goto failed;
    }
    c->stream = s;
    c->socket.fd = -1;
    s->state = c;
    c->port = read_u16(request);
    if (!read_string(request, &address)) {
        goto failed;
    }
    error = reader_done(request) && c->port != 0 ? connect_first(c, address) : EINVAL;
    if (error != 0) {
        goto failed;
    }
    free(address);
    return;
failed:
    stream_fail(s, error, "connect to port %u: %s", c == NULL ? 0u : c->port, strerror(error));
    free(address);
}

static void take_data(struct stream *s, const uint8_t *bytes, uint32_t length) {
    struct connection *c = s->state;
    ssize_t n = 0;
    // Straight to the socket as a rule; the inlet's memory is only for what it does not take.
    if (c->connected && c->broken == 0 && inlet_used(&c->inlet) == 0) {
        n = send(c->socket.fd, bytes, length, MSG_NOSIGNAL);
        n = n < 0 ? 0 : n; // whatever it was comes again below
        stream_took(s, (uint32_t) n);
    }
    if (n == (ssize_t) length) {
        return;
    }
    if (!inlet_put(&c->inlet, bytes + n, length - (size_t) n)) {
        stream_fail(s, ENOMEM, "no memory for the connection's data");
        return;
    }
    if (c->connected) {
        (void) write_socket(c);
    }
}

static void take_eof(struct stream *s) {
    struct connection *c = s->state;
    if (c->connected) {
        (void) write_socket(c);
    }
}

static void release_connect(struct stream *s, enum over how) {
    struct connection *c = s->state;
    if (c == NULL) {
        return;
    }
    if (how == OVER_RESET && c->socket.fd >= 0) {
        struct linger at_once = {.l_onoff = 1, .l_linger = 0};
        (void) setsockopt(c->socket.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    loop_unwatch(&c->socket);
    inlet_free(&c->inlet);
    loop_discard(s->mux->loop, &c->garbage);
    s->state = NULL;
}

const struct kind kind_connect = {
    .name = "CONNECT",
    .open = open_connect,
    .data = take_data,
    .eof = take_eof,
    .send = send_connect,
    .release = release_connect,
};

/* The application behind every proxy, cheap enough that the proxy is what is measured.
 *
 * `upstream PORT ADDRESS...` listens on all addresses. On SIGTERM it takes no more connections,
 * closes those that are idle, and ends with the last one, as a well-behaved server does.
 *
 *   GET /           100 bytes          GET /events?every=MS  an event each MS ms (0: as fast as read)
 *   GET /varied     20 to 4 000 bytes  GET /ws               WebSocket, echoes what comes
 *   GET /10m        10 MiB             POST anything         reads the body, answers a label
 *
 * A prefix that ends in `/exposed` is passed over, for a proxy that strips nothing. Requests are
 * not pipelined by any proxy; a connection that does is closed.
 */
#define _GNU_SOURCE
#include "requests.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

static void readable(struct connection *one)
{
    if (one->had)
        memcpy(scratch, one->held, one->had);
    ssize_t got = recv(one->fd, scratch + one->had, SCRATCH, 0), used = 1;
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN)
            drop(one);
        return;
    }
    char *data = scratch;
    for (size_t left = one->had + got; ; data += used, left -= used) {
        used = left ? take(one, data, left) : 0;
        if (used < 0)
            return;
        if (!used) {
            if (left > HEAD_LIMIT)
                drop(one);
            else if ((one->had = left)) {
                one->held = one->held ? one->held : malloc(HEAD_LIMIT);
                memcpy(one->held, data, left);
            }
            return;
        }
    }
}

static void welcome(int listener)
{
    int fd, on = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if (fd >= (int)(sizeof everyone / sizeof *everyone)) {
            close(fd);
            continue;
        }
        struct connection *one = calloc(1, sizeof *one);
        one->fd = fd, one->place = -1;
        everyone[fd] = one;
        open_connections++;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(one, EPOLLIN | EPOLLRDHUP, EPOLL_CTL_ADD);
    }
}

static struct connection *listening(const char *address, int port)
{
    struct connection *one = calloc(1, sizeof *one);
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int on = 1;
    one->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one->listens = true;
    setsockopt(one->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (inet_pton(AF_INET, address, &where.sin_addr) != 1
        || bind(one->fd, (struct sockaddr *)&where, sizeof where) || listen(one->fd, 4096))
        die(address);
    watch(one, EPOLLIN, EPOLL_CTL_ADD);
    return one;
}

static void leave(struct connection **listeners, int count)
{
    for (int i = 0; i < count; i++)
        close(listeners[i]->fd);
    for (size_t fd = 0; fd < sizeof everyone / sizeof *everyone; fd++) {
        struct connection *one = everyone[fd];
        if (!one)
            continue;
        if ((one->state == HEAD && !one->had && !one->owed) || one->state >= EVENTS)
            drop(one);
        else
            one->last = true;
    }
}

static void told(int signal) { leaving = signal; }

static void serve(struct connection *clock)
{
    struct epoll_event events[BATCH];
    sigset_t none;
    sigemptyset(&none);
    int count = epoll_pwait(poll_fd, events, BATCH, 1000, &none);
    static time_t stamped;
    time_t now = time(NULL);
    if (now != stamped)
        stamp_all(stamped = now);
    for (int i = 0; i < count; i++) {
        struct connection *one = events[i].data.ptr;
        uint32_t what = events[i].events;
        int fd = one->fd;
        if (fd < 0)
            continue;
        if (one == clock)
            tell_streams();
        else if (one->listens)
            welcome(fd);
        else if (what & EPOLLOUT && one->state != FLOOD)
            writable(one);
        else if (what & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
            readable(one);
        else
            writable(one);
    }
    bury();
}

int main(int count, char **words)
{
    if (count < 3 || count - 2 > LISTENERS || atoi(words[1]) < 1 || atoi(words[1]) > 65535) {
        fprintf(stderr, "usage: upstream PORT ADDRESS...; PORT is 1 to 65535, ADDRESS is IPv4\n");
        return 2;
    }
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    signal(SIGTERM, told);
    make_answers();
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    clock_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct connection clock = {.fd = clock_fd, .place = -1}, *listeners[LISTENERS];
    watch(&clock, EPOLLIN, EPOLL_CTL_ADD);
    for (int i = 0; i < count - 2; i++)
        listeners[i] = listening(words[i + 2], atoi(words[1]));
    while (!leaving)
        serve(&clock);
    leave(listeners, count - 2);
    while (open_connections)
        serve(&clock);
    return 0;
}

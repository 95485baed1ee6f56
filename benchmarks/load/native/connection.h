/* A connection of the application, and what is sent on it. */
#pragma once
#include "answers.h"
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { HEAD_LIMIT = 16384, SCRATCH = 1 << 18, LISTENERS = 64, BATCH = 256 };
enum state { HEAD, SIZED, CHUNKED, EVENTS, FLOOD, SOCKET };
/* What is read now: the next head, a body of known size, one in chunks; or what is sent without
 * being asked: events by the clock, as fast as they are read; or frames, echoed. */

struct connection {
    int fd;
    enum state state;
    bool listens, last;        /* last: the answer under way is the last one */
    size_t left;               /* of a body, or of a chunk */
    const char *out;
    size_t owed;
    unsigned every, phase;     /* of events, in ms */
    int place;                 /* among the streams; -1 */
    size_t had;
    char *held;                /* the beginning of a head or frame */
    struct connection *grave;  /* dropped before this one, and not yet freed */
};

static int poll_fd, clock_fd, open_connections, stream_count, stream_room;
static struct connection **streams, *everyone[1 << 17];
static char scratch[SCRATCH + HEAD_LIMIT];
static struct connection *graves;
static volatile sig_atomic_t leaving;
static unsigned tick;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void watch(struct connection *one, uint32_t what, int how)
{
    struct epoll_event wanted = {.events = what, .data.ptr = one};
    if (epoll_ctl(poll_fd, how, one->fd, &wanted))
        die("epoll_ctl");
}

static void ticking(bool on)
{
    struct itimerspec period = {{0, on ? 1000000 : 0}, {0, on ? 1000000 : 0}};
    timerfd_settime(clock_fd, 0, &period, NULL);
}

static void forget_stream(struct connection *one)
{
    if (one->place < 0)
        return;
    streams[one->place] = streams[--stream_count];
    streams[one->place]->place = one->place;
    one->place = -1;
    if (!stream_count)
        ticking(false);
}

static void drop(struct connection *one)
{
    forget_stream(one);
    everyone[one->fd] = NULL;
    close(one->fd);
    one->fd = -1, one->grave = graves, graves = one;
    open_connections--;
}

/* Not earlier: another event of the same batch may be for it. */
static void bury(void)
{
    while (graves) {
        struct connection *one = graves;
        graves = one->grave;
        free(one->held);
        free(one);
    }
}

/* False when the connection is gone. What the socket does not take is sent when it does. */
static bool send_out(struct connection *one, const char *data, size_t size)
{
    if (one->owed) {
        drop(one);
        return false;
    }
    ssize_t done = send(one->fd, data, size, MSG_NOSIGNAL);
    if (done < 0 && errno != EAGAIN) {
        drop(one);
        return false;
    }
    size_t taken = done < 0 ? 0 : (size_t)done;
    if (taken < size) {
        one->out = data + taken, one->owed = size - taken;
        watch(one, EPOLLIN | EPOLLOUT | EPOLLRDHUP, EPOLL_CTL_MOD);
    } else if (one->last) {
        drop(one);
        return false;
    }
    return true;
}

static bool reply(struct connection *one, struct answer *what)
{
    one->state = HEAD;
    one->last |= leaving;
    return send_out(one, what->data, what->size);
}

static void writable(struct connection *one)
{
    const char *data = one->out;
    size_t size = one->owed;
    one->owed = 0;
    if (!size && one->state == FLOOD)
        data = flood.data, size = flood.size;
    if (!size)
        watch(one, EPOLLIN | EPOLLRDHUP, EPOLL_CTL_MOD);
    else
        send_out(one, data, size);
}

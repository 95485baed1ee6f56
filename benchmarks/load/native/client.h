/* A connection of the load, and what is sent on it. */
#pragma once
#define _GNU_SOURCE
#include "latencies.h"
#include "reading.h"
#include "traffic.h"
#include <arpa/inet.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SCRATCH = 1 << 18, BATCH = 256, DUE = 1 << 20, TEXT = 60, PATIENCE = 10, FAILURES = 1000,
       TOGETHER = 100 };
enum kind { KEEP, CLOSE, EVENTS, MESSAGES };
enum phase { WARMING, RUNNING, STOPPING };
enum state { CLOSED, CONNECTING, FREE, ASKING, STREAM, ECHO };

static const char *const kinds[] = {"keep", "close", "events", "messages"};

struct connection {
    int fd;
    enum state state;
    const char *out;
    size_t owed;
    bool blocked;       /* the socket takes no more for now */
    uint64_t since;     /* when what it waits for was due */
    size_t echoed;
    char last;          /* byte of a stream */
    char *own;          /* a request with fields, as it was sent */
    size_t room;
    struct answer answer;
};

static enum kind kind;
static enum phase phase;
static struct sockaddr_in where;
static struct connection *all, **idle;
static int poll_fd, connections, idle_count, under_way, warm, opened;
static uint64_t units, failures, bytes, start, end, due[DUE], due_first, due_last, next_due;
static double rate;
static char scratch[SCRATCH], message[6 + TEXT];

static void connect_now(struct connection *one);

static void watch(struct connection *one, uint32_t what, int how)
{
    struct epoll_event wanted = {.events = what, .data.ptr = one};
    epoll_ctl(poll_fd, how, one->fd, &wanted);
}

static void closed(struct connection *one)
{
    if (one->state == ASKING || one->state == ECHO || one->state == STREAM)
        under_way--;
    if (one->state == FREE)
        for (int i = 0; i < idle_count; i++)
            if (idle[i] == one)
                idle[i--] = idle[--idle_count];
    close(one->fd);
    one->state = CLOSED, one->owed = 0, one->blocked = false;
}

static void failed(struct connection *one)
{
    failures++;
    closed(one);
    if (failures >= FAILURES)
        phase = STOPPING;
    if (phase != STOPPING)
        connect_now(one);
}

static void flush(struct connection *one)
{
    ssize_t done = send(one->fd, one->out, one->owed, MSG_NOSIGNAL);
    if (done < 0 && errno != EAGAIN) {
        failed(one);
        return;
    }
    one->out += done < 0 ? 0 : done, one->owed -= done < 0 ? 0 : (size_t)done;
    if ((one->owed > 0) != one->blocked) {
        one->blocked = one->owed > 0;
        watch(one, one->blocked ? EPOLLIN | EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
    }
}

static void send_now(struct connection *one, const char *data, size_t size)
{
    one->out = data, one->owed = size;
    flush(one);
}

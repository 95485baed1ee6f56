/* Loads one address for a while, counts what came back, and says so in a line of JSON.
 *
 * `load KIND ADDRESS PORT CONNECTIONS SECONDS RATE SEED < requests` (traffic.h). Kinds:
 *
 *   keep      requests on connections that are kept
 *   close     a connection a request, which the load closes, as scripts with curl or requests do
 *   events    one request a connection, and the events of its stream (each ends in an empty line)
 *   messages  a WebSocket a connection, and a message of 60 bytes there and back, again and again
 *
 * At first each connection has one answer (the head of its stream, its handshake), but for `close`.
 * Then it prints `ready`, and begins when a byte comes on standard input; when that ends instead, so
 * does the program, and until then the connections lie idle.
 *
 * RATE 0 is a closed loop: each connection asks when it has its answer. Else so many requests a
 * second become due, at random times (a Poisson process, as many independent clients are), whether
 * earlier ones were answered or not, and a latency counts from the time when its request was due.
 *
 * After SECONDS nothing new begins, and what is under way is waited for, so that what a proxy did
 * meanwhile is the work of exactly `units`. `cpu` is what this program itself used.
 */
#define _GNU_SOURCE
#include "client.h"
#include <math.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* The next request of all, on this connection. */
static void ask(struct connection *one, uint64_t since)
{
    struct request *what = next_request();
    const char *data = what->data;
    if (what->fields) { /* the next request overwrites them */
        if (one->room < what->size)
            one->own = realloc(one->own, one->room = what->size);
        data = memcpy(one->own, what->data, what->size);
    }
    begin(&one->answer);
    one->state = ASKING, one->since = since;
    under_way++;
    send_now(one, data, what->size);
}

/* What a connection without work does: asks, or waits for what becomes due. */
static void ready(struct connection *one)
{
    one->state = FREE;
    if (phase == STOPPING)
        return;
    if (phase == RUNNING && !rate) {
        ask(one, now());
    } else if (due_first < due_last) {
        ask(one, due[due_first++ % DUE]);
    } else {
        idle[idle_count++] = one;
    }
}

static void connect_now(struct connection *one)
{
    int on = 1;
    one->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    one->state = CONNECTING;
    setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(one->fd, (struct sockaddr *)&where, sizeof where) && errno != EINPROGRESS) {
        closed(one);
        if (++failures >= FAILURES)
            phase = STOPPING;
        return;
    }
    watch(one, EPOLLOUT, EPOLL_CTL_ADD);
}

static void connected(struct connection *one)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(one->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        failed(one);
        return;
    }
    watch(one, EPOLLIN, EPOLL_CTL_MOD);
    if (phase == WARMING || kind != KEEP)
        ask(one, now());
    else
        ready(one);
}

static void echo(struct connection *one)
{
    one->state = ECHO, one->echoed = 0, one->since = now();
    send_now(one, message, sizeof message);
}

/* Not all at once: who opens many connections is not busy on all of them. */
static void one_is_warm(void)
{
    warm++;
    if (opened < connections)
        connect_now(&all[opened++]);
}

static void warmed(struct connection *one)
{
    one_is_warm();
    under_way--;
    ready(one);
}

/* An answer is whole, or the head of one that never ends. */
static void answered(struct connection *one)
{
    int status = one->answer.status;
    if (status == 101 ? kind != MESSAGES : status < 200 || status > 299) {
        failed(one);
    } else if (phase == WARMING && !one->answer.closes) {
        warmed(one);
    } else if (kind == MESSAGES) {
        echo(one);
    } else {
        units++;
        note(now() - one->since);
        if (kind == KEEP && !one->answer.closes) {
            under_way--;
            ready(one);
        } else {
            closed(one);
            if (phase != STOPPING)
                connect_now(one);
        }
    }
}

static void count_events(struct connection *one, const char *data, size_t size)
{
    for (const char *at = data; (at = memchr(at, '\n', data + size - at)); at++)
        units += (at == data ? one->last : at[-1]) == '\n';
    one->last = data[size - 1];
}

static void echoed(struct connection *one, size_t size)
{
    one->echoed += size;
    if (one->echoed < 2 + TEXT)
        return;
    units++;
    note(now() - one->since);
    if (phase == STOPPING)
        closed(one);
    else
        echo(one);
}

static void begun(struct connection *one, size_t size)
{
    size_t used = take_head(&one->answer, scratch, size);
    if (one->answer.status && one->answer.status != 200) {
        failed(one);
    } else if (one->answer.whole_head) {
        one->state = STREAM;
        one_is_warm();
        if (size > used)
            count_events(one, scratch + used, size - used);
    }
}

static void received(struct connection *one, size_t size)
{
    bytes += size;
    switch (one->state) {
    case STREAM:
        count_events(one, scratch, size);
        break;
    case ECHO:
        echoed(one, size);
        break;
    case ASKING:
        if (kind == EVENTS) {
            begun(one, size);
        } else if (kind == MESSAGES) {
            take_head(&one->answer, scratch, size);
            if (one->answer.status)
                answered(one);
        } else if (take(&one->answer, scratch, size)) {
            answered(one);
        }
        break;
    default:
        failed(one); /* nothing was asked */
    }
}

static void readable(struct connection *one)
{
    ssize_t got = recv(one->fd, scratch, SCRATCH, 0);
    if (got > 0) {
        received(one, got);
    } else if (got == 0 && one->state == FREE) {
        closed(one);
        if (phase == RUNNING)
            connect_now(one);
    } else if (got == 0 || errno != EAGAIN) {
        failed(one);
    }
}

static void become_due(uint64_t time)
{
    while (next_due <= time && next_due < end && due_last - due_first < DUE) {
        due[due_last++ % DUE] = next_due;
        next_due += (uint64_t)(-log1p(-drand48()) / rate * 1e9);
    }
    while (idle_count && due_first < due_last)
        ask(idle[--idle_count], due[due_first++ % DUE]);
}

static void stop(void)
{
    phase = STOPPING;
    for (int i = 0; i < connections; i++)
        if (all[i].state != CLOSED && all[i].state != ECHO
            && (all[i].state != ASKING || kind == EVENTS))
            closed(&all[i]);
}

static bool over(uint64_t time)
{
    if (phase == WARMING)
        return warm >= connections || time >= start + PATIENCE * 1000000000ull;
    if (phase == RUNNING && time >= end && due_first == due_last)
        stop();
    return (phase == STOPPING && !under_way) || time > end + PATIENCE * 1000000000ull;
}

static void run(void)
{
    struct epoll_event events[BATCH];
    for (uint64_t time = now(); !over(time); time = now()) {
        uint64_t until = rate && phase == RUNNING && next_due < end ? next_due : end;
        until = until > time ? until - time : time < end ? 0 : 20000000;
        struct timespec wait = {until / 1000000000, until % 1000000000};
        int count = epoll_pwait2(poll_fd, events, BATCH, &wait, NULL);
        for (int i = 0; i < count; i++) {
            struct connection *one = events[i].data.ptr;
            if (one->state == CLOSED)
                continue;
            if (one->state == CONNECTING)
                connected(one);
            else if (events[i].events & EPOLLOUT && one->owed)
                flush(one);
            else
                readable(one);
        }
        if (rate && phase == RUNNING)
            become_due(now());
    }
}

/* Each connection shows that it is answered; false when nobody wants more. */
static bool warm_up(void)
{
    char word;
    start = now(), end = start + PATIENCE * 1000000000ull;
    while (opened < connections && opened < TOGETHER && kind != CLOSE)
        connect_now(&all[opened++]);
    if (kind != CLOSE)
        run();
    puts("ready");
    fflush(stdout);
    return read(0, &word, 1) == 1;
}

static void begin_all(double seconds)
{
    units = bytes = latency_count = 0;
    start = next_due = now(), end = start + (uint64_t)(seconds * 1e9);
    phase = phase == STOPPING ? STOPPING : RUNNING;
    for (int i = 0; i < connections && kind == CLOSE; i++)
        connect_now(&all[i]);
    while (idle_count && !rate) {
        struct connection *one = idle[--idle_count];
        if (kind == MESSAGES)
            under_way++, echo(one);
        else
            ready(one);
    }
}

static double used(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
           + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static bool understood(int count, char **words)
{
    if (count != 8)
        return false;
    while (kind < sizeof kinds / sizeof *kinds && strcmp(words[1], kinds[kind]))
        kind++;
    where = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(words[3]))};
    connections = atoi(words[4]), rate = atof(words[6]), serial = strtoull(words[7], NULL, 10);
    srand48((long)serial);
    return kind < sizeof kinds / sizeof *kinds && inet_pton(AF_INET, words[2], &where.sin_addr) == 1
           && where.sin_port && connections > 0 && atof(words[5]) > 0 && rate >= 0
           && (!rate || kind == KEEP);
}

int main(int count, char **words)
{
    if (!understood(count, words) || !read_requests()) {
        fprintf(stderr, "usage: load keep|close|events|messages ADDRESS PORT CONNECTIONS "
                        "SECONDS RATE SEED < requests (native/traffic.h)\n");
        return 2;
    }
    prctl(PR_SET_TIMERSLACK, 1);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    memcpy(message, "\x81\xbc\1\2\3\4", 6);
    memset(message + 6, 'm', TEXT);
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    all = calloc(connections, sizeof *all), idle = calloc(connections, sizeof *idle);
    if (!warm_up())
        return 0;
    double before = used();
    begin_all(atof(words[5]));
    run();
    double seconds = (now() - start) / 1e9, cpu = used() - before;
    printf("{\"units\":%lu,\"failures\":%lu,\"bytes\":%lu,\"seconds\":%.6f,\"cpu\":%.6f,"
           "\"unanswered\":%lu,\"latency\":", units, failures, bytes, seconds, cpu,
           under_way + due_last - due_first);
    print_latencies();
    puts("}");
    return 0;
}

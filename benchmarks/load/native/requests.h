/* What a request asks for, and how its body and frames are read: one step at a time. */
#pragma once
#include "connection.h"
#include "sha1.h"

/* The value of a field whose name is given in lower case with its colon, or NULL. */
static const char *field(const char *head, const char *end, const char *name)
{
    size_t size = strlen(name);
    for (const char *line = head; (line = memchr(line, '\n', end - line)); ) {
        if ((size_t)(end - ++line) > size && !strncasecmp(line, name, size)) {
            for (line += size; *line == ' '; line++)
                ;
            return line;
        }
    }
    return NULL;
}

static bool start_events(struct connection *one, const char *path, const char *end)
{
    const char *every = memmem(path, end - path, "every=", 6);
    one->every = every ? (unsigned)strtoul(every + 6, NULL, 10) : 10;
    one->state = one->every ? EVENTS : FLOOD;
    if (!send_out(one, events_head.data, events_head.size))
        return false;
    if (one->state == FLOOD) {
        watch(one, EPOLLIN | EPOLLOUT | EPOLLRDHUP, EPOLL_CTL_MOD);
        return true;
    }
    if (stream_count == stream_room) {
        stream_room = stream_room ? 2 * stream_room : 64;
        streams = realloc(streams, stream_room * sizeof *streams);
    }
    one->phase = (unsigned)stream_count % one->every; /* spread over the ticks */
    one->place = stream_count;
    streams[stream_count++] = one;
    if (stream_count == 1)
        ticking(true);
    return true;
}

static void tell_streams(void)
{
    uint64_t passed;
    if (read(clock_fd, &passed, sizeof passed) != sizeof passed)
        return;
    tick++;
    for (int i = stream_count - 1; i >= 0; i--) /* one that goes is replaced by one already told */
        if (tick % streams[i]->every == streams[i]->phase && !streams[i]->owed)
            send_out(streams[i], event.data, event.size);
}

static bool start_socket(struct connection *one, const char *head, const char *end)
{
    char text[256], accept[29];
    const char *key = field(head, end, "sec-websocket-key:");
    if (!key || end - key < 24)
        return reply(one, &refused);
    websocket_accept(key, accept);
    int size = snprintf(text, sizeof text,
                        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
    one->state = SOCKET;
    return send_out(one, text, size) && !one->owed;
}

static bool same(const char *path, size_t size, const char *name)
{
    return size == strlen(name) && !memcmp(path, name, size);
}

static bool dispatch(struct connection *one, const char *head, const char *end)
{
    static unsigned turn;
    const char *line = memchr(head, '\r', end - head), *path = memchr(head, ' ', line - head);
    const char *after = path ? memchr(path + 1, ' ', line - path - 1) : NULL;
    one->last = memmem(head, end - head, "\r\nConnection: close", 19) != NULL;
    if (!after || line - after != 9 || memcmp(after, " HTTP/1.", 8) || path[1] != '/') {
        one->last = true;
        return reply(one, &refused);
    }
    const char *stripped = memmem(path + 1, after - path - 1, "/exposed/", 9);
    path = stripped ? stripped + 8 : path + 1;
    const char *query = memchr(path, '?', after - path);
    size_t size = (query ? query : after) - path;
    if (!memcmp(head, "POST ", 5)) {
        const char *length = field(head, end, "content-length:");
        one->left = length ? strtoull(length, NULL, 10) : 0;
        one->state = one->left ? SIZED : HEAD;
        if (!length && field(head, end, "transfer-encoding:"))
            return one->state = CHUNKED, true;
        return one->left || reply(one, &json);
    }
    if (memcmp(head, "GET ", 4))
        return reply(one, &lost);
    if (same(path, size, "/varied"))
        return reply(one, &varied[turn++ % VARIED]);
    if (same(path, size, "/10m"))
        return reply(one, &large);
    if (same(path, size, "/events"))
        return start_events(one, path, after);
    if (same(path, size, "/ws"))
        return start_socket(one, head, end);
    return reply(one, same(path, size, "/") ? &small : &lost);
}

/* Frames of less than 126 bytes come back unmasked; the answer is the bytes used, -1: gone. */
static ssize_t echo(struct connection *one, char *data, size_t size)
{
    size_t used = 0, length;
    char out[128];
    while (size - used >= 6 && size - used >= 6 + (length = data[used + 1] & 0x7f)) {
        char *frame = data + used;
        out[0] = frame[0], out[1] = (char)length;
        for (size_t i = 0; i < length; i++)
            out[2 + i] = frame[6 + i] ^ frame[2 + i % 4];
        if (length > 125 || one->owed)
            return drop(one), -1;
        if (!send_out(one, out, 2 + length))
            return -1;
        if (one->owed) /* it points into this frame of the stack */
            return drop(one), -1;
        used += 6 + length;
    }
    return (ssize_t)used;
}

/* A chunk with its line and end at most; the answer is the bytes used, -1: gone. `left` counts
 * what of a chunk and its CRLF is to come. */
static ssize_t unchunk(struct connection *one, const char *data, size_t size)
{
    if (one->left) {
        size_t taken = size < one->left ? size : one->left;
        one->left -= taken;
        return (ssize_t)taken;
    }
    const char *line = memmem(data, size, "\r\n", 2);
    if (!line)
        return 0;
    size_t length = strtoul(data, NULL, 16), used = line + 2 - data;
    if (length) {
        one->left = length + 2;
        return (ssize_t)used;
    }
    if (size < used + 2)
        return 0;
    return reply(one, &json) ? (ssize_t)used + 2 : -1;
}

/* One step; the answer is the bytes used, 0: more are needed, -1: the connection is gone. */
static ssize_t take(struct connection *one, char *data, size_t size)
{
    switch (one->state) {
    case SIZED: {
        size_t taken = size < one->left ? size : one->left;
        one->left -= taken;
        return one->left || reply(one, &json) ? (ssize_t)taken : -1;
    }
    case CHUNKED:
        return unchunk(one, data, size);
    case SOCKET:
        return echo(one, data, size);
    case HEAD: {
        char *end = memmem(data, size, "\r\n\r\n", 4);
        if (!end)
            return size < HEAD_LIMIT ? 0 : (drop(one), -1);
        return dispatch(one, data, end + 2) ? end + 4 - data : -1;
    }
    default:
        return (ssize_t)size; /* nothing is said while events come */
    }
}

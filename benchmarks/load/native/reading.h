/* Where an answer ends: its head, and a body of known length, in chunks, or none. */
#pragma once
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HEAD_LIMIT = 8192, TAIL = 7 };

struct answer {
    bool whole_head, chunked, closes;
    int status;
    uint64_t left;
    size_t had;
    char tail[TAIL]; /* the last bytes of a body in chunks */
    char head[HEAD_LIMIT];
};

static void begin(struct answer *one)
{
    one->whole_head = one->chunked = one->closes = false;
    one->status = 0, one->left = 0, one->had = 0;
}

static const char *field(const struct answer *one, size_t size, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = one->head, *end = at + size; (at = memchr(at, '\n', end - at));)
        if ((size_t)(end - ++at) > length && !strncasecmp(at, name, length))
            return at + length + strspn(at + length, " ");
    return NULL;
}

/* The bytes of `data` that belong to the head; a head that is too long has status -1. */
static size_t take_head(struct answer *one, const char *data, size_t size)
{
    size_t before = one->had, room = HEAD_LIMIT - before, taken = size < room ? size : room;
    memcpy(one->head + before, data, taken);
    one->had += taken;
    const char *end = memmem(one->head, one->had, "\r\n\r\n", 4);
    if (!end) {
        one->status = one->had == HEAD_LIMIT ? -1 : 0;
        return taken;
    }
    size_t length = end + 4 - one->head;
    const char *known = field(one, length, "content-length:");
    const char *coding = field(one, length, "transfer-encoding:");
    const char *option = field(one, length, "connection:");
    one->whole_head = true;
    one->status = length > 12 ? atoi(one->head + 9) : -1;
    one->left = known ? strtoull(known, NULL, 10) : 0;
    one->chunked = coding && !strncasecmp(coding, "chunked", 7);
    one->closes = option && !strncasecmp(option, "close", 5);
    memcpy(one->tail, "\0\0\0\0\0\r\n", TAIL);
    return length - before;
}

static void remember_tail(struct answer *one, const char *data, size_t size)
{
    size_t fresh = size < TAIL ? size : TAIL;
    memmove(one->tail, one->tail + fresh, TAIL - fresh);
    memcpy(one->tail + TAIL - fresh, data + size - fresh, fresh);
}

/* True when the answer is whole; nothing may follow it, for nothing else was asked. */
static bool take(struct answer *one, const char *data, size_t size)
{
    if (!one->whole_head) {
        size_t used = take_head(one, data, size);
        if (!one->whole_head)
            return one->status < 0;
        data += used, size -= used;
    }
    if (one->chunked) {
        remember_tail(one, data, size);
        return !memcmp(one->tail, "\r\n0\r\n\r\n", TAIL);
    }
    one->left -= size < one->left ? size : one->left;
    return !one->left;
}

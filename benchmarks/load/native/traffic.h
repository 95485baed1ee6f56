/* The requests to be sent, from standard input: a count, and for each a length and its bytes;
 * numbers are of four bytes, little endian. A run of eight or more `@` is a field: it is overwritten by hexadecimal digits that
 * no earlier request had, the same ones in all fields of a request (as a boundary of a multipart
 * body is in its head and between its parts). */
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIELD = 8, FIELDS = 16, DIGITS = 32, MOST = 1 << 20 };

struct request {
    char *data;
    size_t size;
    int fields;
    struct { size_t at, size; } field[FIELDS];
};

static struct request *requests;
static size_t request_count;
static uint64_t serial; /* of the next request; the seed before the first */

static void find_fields(struct request *one)
{
    for (size_t at = 0; at < one->size && one->fields < FIELDS; at++) {
        size_t size = 0;
        while (at + size < one->size && one->data[at + size] == '@')
            size++;
        if (size >= FIELD) {
            one->field[one->fields].at = at;
            one->field[one->fields++].size = size;
        }
        at += size;
    }
}

/* Not by stdio, which would read on, and away what comes after the requests. */
static int read_whole(void *data, size_t size)
{
    for (size_t had = 0; had < size;) {
        ssize_t got = read(0, (char *)data + had, size - had);
        if (got <= 0)
            return 0;
        had += got;
    }
    return 1;
}

/* False when standard input ends too early, or holds none. */
static int read_requests(void)
{
    uint32_t count, size;
    if (!read_whole(&count, 4) || !count || count > MOST)
        return 0;
    requests = calloc(count, sizeof *requests);
    for (; request_count < count; request_count++) {
        struct request *one = &requests[request_count];
        if (!read_whole(&size, 4) || !(one->data = malloc(one->size = size))
            || !read_whole(one->data, size))
            return 0;
        find_fields(one);
    }
    return 1;
}

/* A bijection (splitmix64), so that no two serials have the same digits. */
static uint64_t scattered(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static void fill_fields(struct request *one)
{
    char digits[DIGITS];
    uint64_t half[2] = {scattered(serial), scattered(~serial)};
    for (int i = 0; i < DIGITS; i++)
        digits[i] = "0123456789abcdef"[half[i / 16] >> (4 * (i % 16)) & 15];
    for (int i = 0; i < one->fields; i++)
        for (size_t j = 0; j < one->field[i].size; j++)
            one->data[one->field[i].at + j] = digits[j % DIGITS];
}

/* In the order in which they were given, again and again. */
static struct request *next_request(void)
{
    struct request *one = &requests[serial % request_count];
    fill_fields(one);
    serial++;
    return one;
}

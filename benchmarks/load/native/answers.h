/* What the application answers: made once, stamped with the Date of each second. */
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { VARIED = 256, BIG = 10 << 20, DATE = 29, FLOOD_EVENTS = 64 };

struct answer {
    char *data;
    size_t size, date;
};

static struct answer small, json, large, refused, lost, varied[VARIED], events_head, event, flood;

static struct answer answer(const char *status, const char *kind, const char *body, size_t size)
{
    char head[256];
    int length = snprintf(head, sizeof head,
                          "HTTP/1.1 %s\r\nDate: %*s\r\nServer: bench\r\nContent-Type: %s\r\n"
                          "Content-Length: %zu\r\n\r\n", status, DATE, "", kind, size);
    struct answer made = {malloc(length + size), length + size, 0};
    memcpy(made.data, head, length);
    if (body)
        memcpy(made.data + length, body, size);
    else
        memset(made.data + length, 'x', size);
    made.date = strstr(head, "Date: ") + 6 - head;
    return made;
}

static void stamp(struct answer *one, const char *date)
{
    if (one->date)
        memcpy(one->data + one->date, date, DATE);
}

/* Every real application dates its answers, so that their heads change each second. */
static void stamp_all(time_t now)
{
    char date[DATE + 1];
    struct tm parts;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &parts));
    struct answer *others[] = {&small, &json, &large, &refused, &lost};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        stamp(others[i], date);
    for (int i = 0; i < VARIED; i++)
        stamp(&varied[i], date);
}

static struct answer text(const char *data, int times)
{
    size_t size = strlen(data);
    struct answer made = {malloc(size * times + 1), size * times, 0};
    for (int i = 0; i < times; i++)
        memcpy(made.data + i * size, data, size);
    return made;
}

static void make_answers(void)
{
    static const char label[] = "{\"label\":\"cat\",\"score\":0.97}";
    static const char chunk[] = "20\r\ndata: tttttttttttttttttttttttt\n\n\r\n";
    small = answer("200 OK", "text/plain", NULL, 100);
    json = answer("200 OK", "application/json", label, strlen(label));
    large = answer("200 OK", "application/octet-stream", NULL, BIG);
    refused = answer("400 Bad Request", "text/plain", "not a request\n", 14);
    lost = answer("404 Not Found", "text/plain", "no such path\n", 13);
    for (int i = 0; i < VARIED; i++) /* 20 to 4 000 bytes, in no order */
        varied[i] = answer("200 OK", "application/json", NULL, 20 + (i * 2654435761u >> 12) % 3981);
    events_head = text("HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: text/event-stream\r\n"
                       "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n", 1);
    event = text(chunk, 1);
    flood = text(chunk, FLOOD_EVENTS);
}

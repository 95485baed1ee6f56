/* Times in nanoseconds, and what of them is below each percentile. */
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { KEPT = 1 << 22 };

static uint64_t latencies[KEPT];
static size_t latency_count;

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + time.tv_nsec;
}

static void note(uint64_t latency)
{
    if (latency_count < KEPT)
        latencies[latency_count++] = latency;
}

static int smaller(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return (a > b) - (a < b);
}

/* In seconds; nearest rank. */
static double percentile(double share)
{
    if (!latency_count)
        return 0;
    size_t rank = (size_t)(share * latency_count);
    return latencies[rank < latency_count ? rank : latency_count - 1] / 1e9;
}

static void print_latencies(void)
{
    qsort(latencies, latency_count, sizeof *latencies, smaller);
    printf("{\"p50\":%.9f,\"p90\":%.9f,\"p99\":%.9f,\"p999\":%.9f,\"max\":%.9f}", percentile(.5),
           percentile(.9), percentile(.99), percentile(.999), percentile(1));
}

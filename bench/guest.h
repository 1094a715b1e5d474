/* The latencies that the kernel prints (boot/latency.h): read, and shown as a table, JSON, a plot.
 */
#ifndef KHEAP_BENCH_GUEST_H
#define KHEAP_BENCH_GUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define GUEST_ROWS_MAX 128u
#define GUEST_BUCKETS_MAX 256u /* of a row: eighths of powers of two up to 2^32 */
#define GUEST_WORD_MAX 16u

struct guest_bucket {
    uint32_t from; /* ticks, both included */
    uint32_t to;
    uint32_t count;
};

/* A state of the heap, a call, a size. */
struct guest_row {
    char state[GUEST_WORD_MAX];
    char call[GUEST_WORD_MAX];
    uint32_t size_bytes;
    uint32_t calls; /* if 0, there are no ticks */
    uint32_t refused;
    uint32_t p50;
    uint32_t p99;
    uint32_t worst;
    struct guest_bucket buckets[GUEST_BUCKETS_MAX];
    uint32_t bucket_count;
};

struct guest_report {
    struct guest_row rows[GUEST_ROWS_MAX];
    uint32_t row_count;
    const char *unit; /* of a tick */
};

/* Reads what the kernel printed; lines that are not latencies are passed over. Returns false with
 * *why set if one is damaged, there is none, or a histogram's counts do not add up to its calls. */
bool guest_read(FILE *in, struct guest_report *report, const char **why);

void guest_plot(const struct guest_report *report, FILE *out);

#endif

/* What `kheap bench' has measured, as a table, as JSON, and against limits. */
#ifndef KHEAP_FUZZ_TOOL_BENCH_REPORT_H
#define KHEAP_FUZZ_TOOL_BENCH_REPORT_H

#include <stdio.h>

#include "fuzz/tool/bench.h"

/* Nanoseconds an operation, for each round. */
struct bench_cost {
    bool measured;
    double cpu_ns[BENCH_ROUNDS_MAX];
    double wall_ns[BENCH_ROUNDS_MAX];
};

enum bench_kind { BENCH_TRACE, BENCH_LIVE, BENCH_INPUTS };

/* A load, with each of the ways of checking it that were measured; SESSION_CHECK_NONE always is. */
struct bench_row {
    enum bench_kind kind;
    char name[64];            /* cut off if longer */
    uint32_t object_count;    /* live; of BENCH_LIVE only */
    uint32_t input_count;     /* runs that the operations belong to; of BENCH_INPUTS only */
    uint64_t operation_count; /* those that are measured */
    uint32_t round_count;     /* 0: it was interrupted before the first was complete */
    struct bench_cost costs[SESSION_CHECK_COUNT];
};

struct bench_report {
    bool complete; /* neither interrupted nor failed */
    uint32_t round_count;
    struct bench_row *rows;
    uint32_t row_count;
    const struct bench_row *growth_from; /* the first and the last live set; null: not both done */
    const struct bench_row *growth_to;
};

/* What a check costs times none, each round by itself. Requires row->round_count > 0. */
struct bench_figure bench_times_none(const struct bench_row *row, enum session_check check);

/* How many times as much an operation costs with the last live set as with the first. Requires both
 * to be there. */
struct bench_figure bench_growth(const struct bench_report *report, enum session_check check);

/* Checks that are measured, in the order of reports. */
extern const enum session_check bench_checks[];
#define BENCH_CHECKS 4u

void bench_table(const struct bench_report *report);

void bench_json(const struct bench_report *report, FILE *out);

/* The medians must not be larger than these. */
struct bench_limits {
    double ratio;  /* of step to none, for each trace */
    double growth; /* of step, from the first to the last live set */
};

/* Prints for each limit whether it holds. Returns true if all do. */
bool bench_bars(const struct bench_report *report, const struct bench_limits *limits);

#endif

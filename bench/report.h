/* The report: reads what players have measured, and makes tables, JSON and plots of it.
 *
 * Its input is text, a line for each figure of each run, in the order of the runs:
 *
 *   run KEY VALUE...                        what is to be said of the whole measurement
 *   figure ARCH HEAP LOAD NAME VALUE        LOAD is GROUP/NAME: trace/kern_find
 *   point ARCH HEAP LOAD NAME OP LIVE HELD  a point of a timeline
 *
 * A line that is none of these is an error; so a measurement that was cut short can be reported. */
#ifndef KHEAP_BENCH_REPORT_H
#define KHEAP_BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define NAMES_MAX 64u
#define VALUES_MAX 99u

/* Names in the order of their first appearance. */
struct names {
    const char *at[NAMES_MAX];
    uint32_t count;
};

struct figure {
    const char *name;
    double values[VALUES_MAX]; /* by rounds */
    uint32_t count;
};

struct point {
    double op;
    double live_bytes;
    double held;
};

struct timeline {
    const char *name;
    struct point *points;
    uint32_t count;
    uint32_t capacity;
};

/* A heap on an architecture under a load. */
struct result {
    const char *arch;
    const char *heap;
    const char *load;
    struct figure *figures;
    uint32_t figure_count;
    uint32_t figure_capacity;
    struct timeline *timelines;
    uint32_t timeline_count;
    uint32_t timeline_capacity;
};

struct report {
    struct names archs;
    struct names heaps;
    struct names groups; /* of loads */
    struct names loads;  /* with their groups */
    struct result *results;
    uint32_t result_count;
    uint32_t result_capacity;
    struct {
        const char *key;
        const char *value;
    } facts[NAMES_MAX];
    uint32_t fact_count;
};

/* Reads all lines. Returns false after it has said on standard error which one it does not
 * understand. */
bool report_read(struct report *report, FILE *in);

/* Null where it was not measured. */
const struct result *report_result(const struct report *report, const char *arch, const char *heap,
                                   const char *load);
const struct figure *report_figure(const struct result *result, const char *name);
const struct timeline *report_timeline(const struct result *result, const char *name);

/* The value in the middle, and the least and the greatest. Require figure->count != 0. */
double figure_median(const struct figure *figure);
double figure_least(const struct figure *figure);
double figure_greatest(const struct figure *figure);

/* The median of the ratios within each round, so that what slows a whole round down cancels out.
 * Negative if there is none. */
double figure_ratio(const struct figure *figure, const struct figure *base);

/* The lowest median of a figure among the heaps that free. Null if there is none. */
const struct figure *report_best(const struct report *report, const char *arch, const char *load,
                                 const char *name);

/* The load's name without its group; true if it is of the group. */
const char *load_name(const char *load);
bool load_in_group(const char *load, const char *group);

/* `all`: the tables of patterns, too, that are left out otherwise. */
void report_tables(const struct report *report, bool all, FILE *out);
void report_json(const struct report *report, FILE *out);

/* Draw; return false if there was nothing to be drawn. */
bool plot_speed(const struct report *report, const char *arch, FILE *out);
bool plot_timeline(const struct report *report, const char *arch, const char *load,
                   const char *name, FILE *out);

#endif

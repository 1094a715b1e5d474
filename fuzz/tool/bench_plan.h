/* The loads that `kheap bench' measures: read or made first, then measured one after the other,
 * live sets together. */
#ifndef KHEAP_FUZZ_TOOL_BENCH_PLAN_H
#define KHEAP_FUZZ_TOOL_BENCH_PLAN_H

#include "fuzz/tool/bench_report.h"

/* What a row is measured by. Of a live set, `filled' is what has to be subtracted; otherwise it is
 * empty. */
struct bench_load {
    struct bench_set set;
    struct bench_set filled;
};

/* All zeros is an empty plan. */
struct bench_plan {
    struct bench_load *loads;
    struct bench_row *rows; /* as many */
    uint32_t count;
};

/* Each adds one load. Returns false with *error set if it is unreadable, holds no operation, or
 * there is no memory for it. */
bool bench_plan_trace(struct bench_plan *plan, const char *path, struct line *error);
bool bench_plan_live(struct bench_plan *plan, uint32_t object_count, uint32_t operation_count,
                     struct line *error);

/* All inputs in a directory and below as one load. Packed traces are refused: full checks over a
 * million operations of a large heap would never end. */
bool bench_plan_inputs(struct bench_plan *plan, const char *directory, struct line *error);

/* Measures all, and fills the report, which points into the plan; if it was interrupted or an input
 * failed, with what was measured until then. Requires live sets to follow each other, ascending. */
enum bench_result bench_plan_measure(struct bench_plan *plan, uint32_t round_count,
                                     struct bench_report *report, struct line *error);

void bench_plan_free(struct bench_plan *plan);

#endif

/* The whole run at a glance: what the heap held at points that are evenly spread over it. */
#ifndef KHEAP_FUZZ_EXPLAIN_EXPLAIN_SURVEY_H
#define KHEAP_FUZZ_EXPLAIN_EXPLAIN_SURVEY_H

#include "fuzz/explain/explain_guilty.h"
#include "fuzz/explain/explain_run.h"
#include "fuzz/explain/explain_text.h"

#define SURVEY_POINTS 300u

struct survey {
    uint32_t step;         /* operations from a point to the next */
    struct text *text;     /* gets the items of an array: seven numbers a point */
    struct guilty *guilty; /* where a broken rule points to */
};

/* Makes *follower follow a run of op_count operations for *survey. */
void survey_follow(struct survey *survey, uint32_t op_count, struct run_follower *follower);

#endif

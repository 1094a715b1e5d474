/* The inside of an explanation: what its runs have found, and how it is written. */
#ifndef KHEAP_FUZZ_EXPLAIN_EXPLAIN_INTERNAL_H
#define KHEAP_FUZZ_EXPLAIN_EXPLAIN_INTERNAL_H

#include "fuzz/explain/explain.h"
#include "fuzz/explain/explain_guilty.h"
#include "fuzz/explain/explain_run.h"

/* What the runs' processes share with this one. */
struct shared {
    struct run_report report;
    struct run_report caught;
    struct guilty guilty;
    struct run_store store;
    bool stored;
};

struct explanation {
    const struct explain_request *request;
    struct explain_answer *answer;
    struct shared *shared;
    struct text *points;
    struct text *steps;
    struct op_config config;
    uint32_t op_count;
    uint32_t first; /* the state behind this operation is the first one shown */
    uint32_t last;
};

/* Fills in the verdict and the evidence of the answer. */
void explanation_say(struct explanation *this);

/* Writes all of it into the answer's text. Returns null, or a few words that say why it could not.
 */
const char *explanation_write(const struct explanation *this);

#endif

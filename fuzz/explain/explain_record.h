/* The stretch of a run that the page shows, operation by operation, as JSON: what the operation
 * asked for, what it got, and what it has changed. */
#ifndef KHEAP_FUZZ_EXPLAIN_EXPLAIN_RECORD_H
#define KHEAP_FUZZ_EXPLAIN_EXPLAIN_RECORD_H

#include "fuzz/explain/explain_guilty.h"
#include "fuzz/explain/explain_notes.h"
#include "fuzz/explain/explain_run.h"

struct record {
    uint32_t base;           /* the stretch begins behind this operation, */
    uint32_t last;           /* and ends with this one */
    uint32_t watched;        /* the word whose last store is looked for; 0: none */
    bool everywhere;         /* in all operations, not only in the one that broke a rule */
    struct text *text;       /* gets members of an object: "machine", "base" and "steps" */
    struct run_store *store; /* gets the last store to the word; else the last of the operation */
    bool *stored;            /* says whether the word was stored to */
    /* The record's own. */
    struct notes notes;
    uint32_t *slots;     /* where each slot's block is, as told */
    uint32_t *held;      /* frames held by another user, as told */
    uint32_t *tlb;       /* for each page the entry that the TLB holds, as told */
    uint32_t *tlb_pages; /* the pages that it has held any for */
    uint32_t tlb_count;
    uint32_t tlb_told;
    bool ending; /* it is the end, whose stores are not followed one by one */
};

/* Makes *follower follow a run for *record, whose first part is filled in. */
void record_follow(struct record *record, struct run_follower *follower);

#endif

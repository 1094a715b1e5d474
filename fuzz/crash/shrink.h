/* Shrinking: makes a case that fails as small as it can be while it fails in the same way.
 *
 * It tries smaller cases, one change at a time, and goes on from each that fails alike (rule and
 * check, or signal and operation: fuzz/crash/failure.h): first with operations left out, in halves,
 * then in smaller stretches, one by one, in pairs; then many replaced by one; then simpler
 * operations, the smallest machine, the lowest numbers. Rounds of these go on until one changes
 * nothing. Each change makes the case smaller in an order that has an end, and none is drawn at
 * random, so the result is the same every time, unless it was stopped. */
#ifndef KHEAP_FUZZ_CRASH_SHRINK_H
#define KHEAP_FUZZ_CRASH_SHRINK_H

#include <signal.h>

#include "fuzz/crash/case.h"
#include "fuzz/crash/failure.h"

struct shrink {
    /* To be set by the caller, and zeros otherwise. */
    struct host_options options;
    const char *rule;                              /* not null: what it must fail by (trial_rule) */
    double seconds;                                /* after which it stops; 0: none */
    const volatile sig_atomic_t *stop;             /* not null: it stops when this is not 0 */
    void (*progress)(const struct shrink *shrink); /* not null: called now and then */

    /* What it has come to. */
    struct op_case best;
    struct failure failure;
    struct trial trial; /* of the best */
    uint32_t op_count;  /* of the case that it started with */
    uint32_t trial_count;
    double seconds_used;
    bool stopped; /* before it was done */

    /* Its own. */
    struct trials trials;
    struct op_case candidate;
    double started;
    bool broken; /* no memory or no process */
};

enum shrink_result {
    SHRINK_DONE,    /* best is what is left; look at stopped, too */
    SHRINK_PASSES,  /* it breaks no rule: nothing to do */
    SHRINK_OTHER,   /* it does not fail by the rule that was asked for */
    SHRINK_REFUSED, /* trial.why: this machine cannot run it */
    SHRINK_STOPPED, /* before it had been run once */
    SHRINK_FAILED,  /* no memory, or no process */
};

/* Shrinks `one`, which stays as it is. */
enum shrink_result shrink_run(struct shrink *shrink, const struct op_case *one);

/* Gives everything back. */
void shrink_free(struct shrink *shrink);

/* The parts, which return true if they changed anything. */

/* Operations that come long before the failure, and that the later ones do not need. */
bool shrink_past(struct shrink *shrink);

/* Stretches, blocks, pairs and single operations left out. */
bool shrink_stretches(struct shrink *shrink);
bool shrink_blocks(struct shrink *shrink);
bool shrink_pairs(struct shrink *shrink);

/* A few operations in a row replaced by fewer, of a pool of the usual ones. */
bool shrink_windows(struct shrink *shrink);

/* Two operations on a slot replaced by one. */
bool shrink_joins(struct shrink *shrink);

/* Stretches of at least so many operations replaced by one request, for as much memory as they
 * leave in use. */
bool shrink_together(struct shrink *shrink, uint32_t count_min);

/* Simpler operations, the machine, and lower numbers. */
bool shrink_kinds(struct shrink *shrink);
bool shrink_config(struct shrink *shrink);
bool shrink_numbers(struct shrink *shrink);

/* What they are made of: makes the candidate the best without operations [first, first + count);
 * and tries a candidate, which becomes the best if it fails alike. */
bool shrink_candidate_without(struct shrink *shrink, uint32_t first, uint32_t count);
bool shrink_candidate(struct shrink *shrink);
bool shrink_try(struct shrink *shrink);

/* True if there is no more to be tried: time is up, or it was stopped. */
bool shrink_over(struct shrink *shrink);

#endif

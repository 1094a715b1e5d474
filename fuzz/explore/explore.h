/* Exhaustive exploration: every sequence of moves from an alphabet, on a small machine, breadth
 * first. States that are the same in a canonical form (fuzz/explore/explore_state.h) are continued
 * once. After every move all rules are checked, and a new state is seen through to its end.
 *
 * Breadth first, the first violation is a shortest one; among several at the same depth the lowest
 * counts (fuzz/explore/explore_store.h), so the result does not depend on the number of workers. */
#ifndef KHEAP_FUZZ_EXPLORE_EXPLORE_H
#define KHEAP_FUZZ_EXPLORE_EXPLORE_H

#include "fuzz/explore/explore_step.h"
#include "fuzz/explore/explore_store.h"
#include "fuzz/op_list.h"

struct explore_options {
    uint32_t depth_max; /* at most EXPLORE_DEPTH_MAX */
    double seconds;
    uint64_t memory_bytes; /* for the states of all runs */
    uint32_t jobs;
    bool verify; /* keep whole forms and compare; one worker */
    bool quiet;  /* no progress on standard error */
};

enum explore_end {
    EXPLORE_ALL,       /* no new state: there are no others */
    EXPLORE_DEPTH,     /* depth_max is complete */
    EXPLORE_TIME,      /* or the limit of time, */
    EXPLORE_MEMORY,    /* or of memory came first, */
    EXPLORE_INTERRUPT, /* or an interrupt, */
    EXPLORE_OTHER,     /* or a violation in another run */
    EXPLORE_VIOLATION,
    EXPLORE_TROUBLE, /* no memory, no process */
};

/* How a violation showed itself to a worker. */
enum explore_failure {
    EXPLORE_RULE,  /* a rule is broken */
    EXPLORE_HANG,  /* a move does not end */
    EXPLORE_CRASH, /* a signal ended the worker */
};

struct explore_result {
    enum explore_end end;
    uint32_t depth; /* sequences of so many moves were all tried */
    uint64_t state_count;
    uint64_t move_count; /* moves tried, each checked */
    double seconds;
    uint64_t memory_bytes; /* of the states */
    uint64_t collisions;   /* verify only */
    uint64_t not_verified; /* states whose forms were not kept for want of room */
    /* EXPLORE_VIOLATION only: */
    enum explore_failure failure;
    struct op_config config;
    uint32_t op_count;
    struct op ops[(EXPLORE_DEPTH_MAX + 1u) * MOVE_OPS_MAX];
};

/* One alphabet under one policy. */
struct explore_run {
    const struct alphabet *alphabet;
    uint32_t policy;
    struct explore_result result;
};

#define EXPLORE_RUNS_MAX 16u

/* Explores all runs, level by level: next always the level that costs least, so that what can be
 * found soon is not behind what takes long. Ends with the first violation, or when every run has
 * reached a limit. Returns false if there is no memory or no process. SIGINT and SIGTERM end it as
 * the limit of time does. */
bool explore(const struct explore_options *options, struct explore_run *runs, uint32_t run_count);

/* "time", "violation", ... for people and machines. */
const char *explore_end_text(enum explore_end end);

#endif

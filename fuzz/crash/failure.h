/* What a trial failed by: what must stay the same when a case is made smaller, and what puts cases
 * into one group. */
#ifndef KHEAP_FUZZ_CRASH_FAILURE_H
#define KHEAP_FUZZ_CRASH_FAILURE_H

#include "fuzz/crash/trial.h"

struct failure {
    enum trial_end end; /* TRIAL_OK: none */
    enum rule rule;     /* TRIAL_RULE, */
    const char *what;   /* and the check, by its words */
    int signal;         /* TRIAL_CRASH */
    enum op_kind kind;  /* TRIAL_CRASH, TRIAL_HANG: the operation, which says where */
};

/* Requires a trial that was not refused. */
struct failure failure_of(const struct trial *trial);

bool failure_same(const struct failure *a, const struct failure *b);

/* A few words: "H2, footer", "crash by signal 11 in a", "hang in f". */
void failure_words(const struct failure *failure, struct line *line);

#endif

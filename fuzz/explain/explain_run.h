/* One run of an input, operation by operation, in a process of its own that may crash or hang. What
 * the process finds goes to shared memory: what was found up to its end is there. */
#ifndef KHEAP_FUZZ_EXPLAIN_EXPLAIN_RUN_H
#define KHEAP_FUZZ_EXPLAIN_EXPLAIN_RUN_H

#include "fuzz/session_internal.h"

enum run_end {
    RUN_NONE,    /* it has not ended: no memory, or the process was killed */
    RUN_OK,      /* all rules hold */
    RUN_RULE,    /* a rule is broken */
    RUN_CRASH,   /* a signal came */
    RUN_HANG,    /* an operation needs too much time */
    RUN_CAUGHT,  /* at the store that was waited for */
    RUN_REFUSED, /* this machine cannot run it */
};

#define RUN_STACK_MAX 64u

/* Addresses of code, the innermost first: where it stands, then return addresses. */
struct run_stack {
    uint32_t count;
    uintptr_t pcs[RUN_STACK_MAX];
};

/* The number of an operation, from 1; 0 is the start of the machine and the heap. What session_end
 * does counts as one more operation, the last. */
struct run_report {
    enum run_end end;
    struct verdict verdict; /* of RUN_OK, RUN_RULE; otherwise what is known */
    uint32_t number;        /* the operation that was begun last */
    int signal;             /* of RUN_CRASH */
    const char *why;        /* of RUN_REFUSED */
    /* Where the core stood when it crashed, hung or faulted; and when it first took a payload's
     * word for its own. Empty: it did not. */
    struct run_stack stack;
    struct run_stack trespass;
};

/* The core's store that is waited for: the one after which an operation's journal, or its list of
 * bulk stores, holds `index` entries and one more. */
struct run_store {
    bool wanted;
    bool bulk;
    uint32_t operation;
    uint32_t index;
};

/* What follows a run: called in the run's process, after an operation. `op` is null for the start
 * and for the end. `holds` is false after the last one, if a rule is broken or the operation came
 * to no end. */
struct run_follower {
    void *context;
    void (*after)(void *context, struct session *session, uint32_t number, const struct op *op,
                  bool holds);
    struct run_store store;
};

/* Runs the input; *report must lie in shared memory. Returns false if no process could be had. */
bool run_input(const uint8_t *data, uint32_t size_bytes, const struct run_follower *follower,
               struct run_report *report);

/* In the run's process: what the last operation did that has ended. */
const struct session_result *run_last_result(void);

/* Where the stack stands in this process, from `pc` on. */
void run_stack_take(struct run_stack *stack, uintptr_t pc);

#endif

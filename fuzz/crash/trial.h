/* Trials: lists of operations run one after the other, as `kheap replay' runs them, in a process of
 * their own, the worker. One that crashes or hangs ends the worker, and the next trial gets a new
 * one. */
#ifndef KHEAP_FUZZ_CRASH_TRIAL_H
#define KHEAP_FUZZ_CRASH_TRIAL_H

#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

#include "fuzz/host.h"

enum trial_end {
    TRIAL_OK,
    TRIAL_RULE,    /* a rule is broken */
    TRIAL_CRASH,   /* the worker died */
    TRIAL_HANG,    /* it used more processor time than it had */
    TRIAL_REFUSED, /* this machine cannot run it */
};

struct trial {
    enum trial_end end;
    struct verdict verdict; /* of TRIAL_OK and TRIAL_RULE; otherwise operation alone is known */
    struct op op;           /* the operation at which it ended */
    int signal;             /* of TRIAL_CRASH, or 0: it has exited by itself */
    const char *why;        /* of TRIAL_REFUSED */
};

/* What worker and parent share. */
struct trial_board;

struct trials {
    struct host_options options; /* for all trials; may be changed between them */
    uint32_t seconds;            /* of processor time that a trial has; the same */
    /* If not null: once this is not 0 the trial that runs is ended, as if there were no process. */
    const volatile sig_atomic_t *stop;
    uint32_t count; /* of trials so far */
    struct trial_board *board;
    size_t board_bytes;
    pid_t worker; /* 0: none */
    int channel;  /* a byte goes to the worker, and one comes back */
};

/* Prepares for trials of op_count_max operations at most. Returns false if there is no memory. */
bool trials_open(struct trials *trials, uint32_t op_count_max, uint32_t seconds);

/* Runs one. Requires slots below slot_count. Returns false if no process could be had,
 * or if it was stopped. */
bool trials_run(struct trials *trials, const struct op_config *config, const struct op *ops,
                uint32_t op_count, uint32_t slot_count, struct trial *trial);

/* Ends the worker, and gives all back. */
void trials_close(struct trials *trials);

/* A single trial, with the slots that a list of operations has. */
bool trial_run(const struct op_config *config, const struct op *ops, uint32_t op_count,
               struct trial *trial);

/* "H2", or what stands in for a rule where there is none: "hang", "crash"; "none" if all is well.
 */
const char *trial_rule(const struct trial *trial);

/* The verdict line, of a crash or hang too: "NAME violation rule=crash operation=3 ...". */
void trial_line(const struct trial *trial, const char *name, struct line *line);

/* Why, in a sentence: the rule and its evidence, the signal, the time limit. */
void trial_evidence(const struct trial *trial, struct line *line);

#endif

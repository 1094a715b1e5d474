/* A sequence of operations run as `kheap replay' runs it, in a process of its own that may hang or
 * crash. */
#ifndef KHEAP_FUZZ_EXPLORE_EXPLORE_TRIAL_H
#define KHEAP_FUZZ_EXPLORE_EXPLORE_TRIAL_H

#include "fuzz/explore/explore.h"

struct trial {
    bool run; /* there is a verdict; otherwise, and not ok, see failure */
    struct verdict verdict;
    enum explore_failure failure; /* EXPLORE_HANG or EXPLORE_CRASH; EXPLORE_RULE: no trouble */
};

/* Returns false if no process could be had. */
bool trial_run(const struct op_config *config, const struct op *ops, uint32_t op_count,
               struct trial *trial);

/* "H2", or what stands in for a rule where there is none: "hang", "crash"; "none" if all is well.
 */
const char *trial_rule(const struct trial *trial);

#endif

/* What inputs are valued by where the engine does not see the allocator's code: what was asked of
 * it, what came of that, and after what; in place of the branches that it took. */
#ifndef KHEAP_FUZZ_FOREIGN_OUTCOMES_H
#define KHEAP_FUZZ_FOREIGN_OUTCOMES_H

#include "fuzz/session.h"

/* Whether they are: chosen by the build (outcomes.c or outcomes_none.c). */
extern const bool outcomes_wanted;

/* Of one run, zero before it: the last outcome, and the last in each slot. */
struct outcomes {
    uint32_t last;
    uint32_t last_in[OP_SLOTS];
};

/* To be called after each operation of a run (struct session_plan), with a struct outcomes. Tells
 * the engine by rewards (fuzz/reward.h). */
void outcomes_observe(void *outcomes, const struct session_result *result);

#endif

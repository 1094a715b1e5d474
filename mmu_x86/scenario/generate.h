/* The table of all scenarios, generated: the same on every machine and in every run. */
#ifndef KHEAP_MMU_X86_SCENARIO_GENERATE_H
#define KHEAP_MMU_X86_SCENARIO_GENERATE_H

#include "mmu_x86/scenario/scenario.h"

/* How many there are. */
uint32_t scenario_count(void);

/* Makes number `n`. Requires n < scenario_count(). */
void scenario_make(uint32_t n, struct scenario *scenario);

/* The groups, in order: a name, what its scenarios are about, and how many there are. Returns false
 * if there are no more than `group`. */
struct scenario_group {
    const char *name;
    const char *purpose;
    uint32_t count;
};
bool scenario_group_at(uint32_t group, struct scenario_group *found);

#endif

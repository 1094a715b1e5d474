/* What the oracle's two files share. */
#ifndef KHEAP_MMU_X86_SCENARIO_ORACLE_INTERNAL_H
#define KHEAP_MMU_X86_SCENARIO_ORACLE_INTERNAL_H

#include "mmu_x86/scenario/oracle.h"

/* Adds a world that may follow. One that is there already is not added again. */
void oracle_add(struct oracle *oracle, const struct oracle_world *world);

/* Adds what is kept to a cache, as its newest. Returns false if it is full. */
bool oracle_keep(struct oracle_cache *cache, const struct oracle_kept *kept);

/* The page and the table of a virtual address. */
enum oracle_page oracle_page_of(uint32_t at);
uint32_t oracle_table_of(uint32_t at);

/* Adds all worlds that may come of an access in `before`. */
void oracle_access(struct oracle *oracle, const struct oracle_world *before,
                   const struct scenario_step *step);

#endif

/* What the generator's files share.
 *
 * Each group's scenarios are numbered from 0, and the digits of a number choose what varies. */
#ifndef KHEAP_MMU_X86_SCENARIO_GENERATE_INTERNAL_H
#define KHEAP_MMU_X86_SCENARIO_GENERATE_INTERNAL_H

#include "mmu_x86/scenario/generate.h"

#define PW (ENTRY_PRESENT | ENTRY_WRITABLE)
#define PWU (PW | ENTRY_USER)

#define ENTRY(frame, flags) ((uint32_t)(frame) << PAGE_SHIFT | (flags))

/* The next digit of *n, which has `count` values. */
uint32_t pick_digit(uint32_t *n, uint32_t count);

/* Present, writable and user, or not: 8 values. */
uint32_t pick_rights(uint32_t *n);

/* Adds an access of a page: read, write by the supervisor, by the user, fetch by both; in that
 * order, so `count` is 6 for all, 4 without fetches, 2 without the user's. */
void pick_access(uint32_t *n, struct scenario *s, uint32_t count, uint32_t target);

/* Add a step. */
void step_add(struct scenario *s, enum scenario_step_kind kind, bool user, uint32_t to,
              uint32_t word);
void step_access(struct scenario *s, enum scenario_step_kind kind, bool user, uint32_t target);
void step_poke(struct scenario *s, enum scenario_cell cell, uint32_t word);

/* The groups: number `n` of each. What they do not set is as generate.c has it: everything mapped,
 * for everybody. */
void generate_rights(uint32_t n, struct scenario *s);
void generate_marks(uint32_t n, struct scenario *s);
void generate_ignored(uint32_t n, struct scenario *s);
void generate_large(uint32_t n, struct scenario *s);
void generate_small(uint32_t n, struct scenario *s);
void generate_window_table(uint32_t n, struct scenario *s);
void generate_window_directory(uint32_t n, struct scenario *s);
void generate_window_self(uint32_t n, struct scenario *s);
void generate_stale(uint32_t n, struct scenario *s);
void generate_grant(uint32_t n, struct scenario *s);
void generate_faulted(uint32_t n, struct scenario *s);
void generate_demand(uint32_t n, struct scenario *s);
void generate_alias(uint32_t n, struct scenario *s);
void generate_roots(uint32_t n, struct scenario *s);
void generate_large_stale(uint32_t n, struct scenario *s);
void generate_protect(uint32_t n, struct scenario *s);
void generate_window_stale(uint32_t n, struct scenario *s);

#endif

/* What a machine must do for scenarios. There is one in a program: the emulator
 * (mmu_x86/emulator/scenario_machine.c), or in the kernel the processor (boot/scenario_machine.c).
 *
 * Words are real here: entries hold the machine's own frames. */
#ifndef KHEAP_MMU_X86_SCENARIO_MACHINE_H
#define KHEAP_MMU_X86_SCENARIO_MACHINE_H

#include "mmu_x86/scenario/scenario.h"

/* Takes the memory that scenarios run in. To be called once, before all else; in the kernel it
 * requires memory described (boot/memory.h). Returns false if there is too little. */
bool machine_scenario_prepare(void);

/* The frame that symbolic frame 0 is; a multiple of TABLE_ENTRIES. */
uint32_t machine_scenario_base(void);

/* What is known of the machine beside the manual, as bits of oracle.h. */
uint32_t machine_scenario_traits(void);

/* Sets CR0.WP and CR4.PSE, loads CR3 with SCENARIO_DIRECTORY and empties the TLB. */
void machine_scenario_start(bool protect, bool page_sizes);

/* Puts the machine back to what it was before the first start. */
void machine_scenario_end(void);

/* A word of physical memory, past the MMU. Requires that `place` is a cell's. */
uint32_t machine_scenario_peek(struct scenario_place place);
void machine_scenario_poke(struct scenario_place place, uint32_t word);

/* Makes the access of a step (STEP_READ, STEP_WRITE of `word`, STEP_FETCH) at `at`, and notes in
 * *outcome whether it faulted, how and where, and otherwise what it read; a fetch reads the
 * CODE_WORD that it ran. */
void machine_scenario_access(const struct scenario_step *step, uint32_t at, uint32_t word,
                             struct scenario_outcome *outcome);

void machine_scenario_flush(uint32_t at);
void machine_scenario_reload(uint32_t symbolic_frame);
void machine_scenario_protect(bool protect);

#endif

/* machine_load and machine_store of mmu_x86/machine.h under names of their own. */
#ifndef KHEAP_MMU_X86_EMULATOR_APART_WORDS_H
#define KHEAP_MMU_X86_EMULATOR_APART_WORDS_H

#include "mmu_x86/address.h"

uint32_t word_load(vaddr_t at);
void word_store(vaddr_t at, uint32_t word);

#endif

/* The emulator port for a core that AddressSanitizer watches: loads and stores are compiled apart
 * (words.c).
 *
 * The emulated machine accesses what is poisoned for the core, so its own code is not to be
 * checked, and a compiler inlines no function that is not checked into one that is. With
 * machine_port.h of the folder above, each word would cost a call. What is compiled apart can be
 * inlined when the program is linked (link-time optimisation), the checks having been put in by
 * then; without that it is a call here, too. */
#ifndef KHEAP_MMU_X86_EMULATOR_APART_MACHINE_PORT_H
#define KHEAP_MMU_X86_EMULATOR_APART_MACHINE_PORT_H

#include "mmu_x86/emulator/apart/words.h"
#include "mmu_x86/emulator/machine_calls.h"

static inline uint32_t machine_load(vaddr_t at)
{
    return word_load(at);
}

static inline void machine_store(vaddr_t at, uint32_t word)
{
    word_store(at, word);
}

#endif

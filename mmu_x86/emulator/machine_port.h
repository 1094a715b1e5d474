/* The emulator port: the fast paths of mmu_x86/machine.h over an emulated i386 (emulator.h).
 *
 * The TLB is an array with one entry for every page of the address space, so it never evicts by
 * itself: what is in it stays until it is flushed, and a missing flush shows. A TLB entry is a
 * table entry with its frame, plus the flags that say what may be done without another walk. */
#ifndef KHEAP_MMU_X86_EMULATOR_MACHINE_PORT_H
#define KHEAP_MMU_X86_EMULATOR_MACHINE_PORT_H

#include "mmu_x86/emulator/machine_calls.h"

EMULATOR_SEAM static inline uint32_t machine_load(vaddr_t at)
{
    if (__builtin_expect(++emulator.counts.loads > emulator.loads_max, 0))
        emulator_exhausted();
    emulator_locked(at);
    emulator_owned(at);
    return *emulator_word(at, EMULATOR_READ);
}

EMULATOR_SEAM static inline void machine_store(vaddr_t at, uint32_t word)
{
    uint32_t *place = emulator_word(at, EMULATOR_WRITE);
    emulator.counts.stores++;
    emulator_locked(at);
    emulator_owned(at);
    emulator_watch(at, place, word);
    emulator_journal(at, place, word);
    *place = word;
}

#endif

/* The emulator port: the fast paths of mmu_x86/machine.h over an emulated i386 (emulator.h).
 *
 * The TLB is an array with one entry for every page of the address space, so it never evicts by
 * itself: what is in it stays until it is flushed, and a missing flush shows. A TLB entry is a
 * table entry with its frame, plus the flags that say what may be done without another walk. */
#ifndef KHEAP_MMU_X86_EMULATOR_MACHINE_PORT_H
#define KHEAP_MMU_X86_EMULATOR_MACHINE_PORT_H

#include "mmu_x86/emulator/emulator.h"
#include "mmu_x86/injection.h"

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

EMULATOR_SEAM static inline void machine_fill(vaddr_t at, uint8_t byte, uint32_t size_bytes)
{
    emulator_fill(at, byte, size_bytes);
}

EMULATOR_SEAM static inline void machine_copy(vaddr_t to, vaddr_t from, uint32_t size_bytes)
{
    emulator_copy(to, from, size_bytes);
}

EMULATOR_SEAM static inline void machine_flush_page(vaddr_t page)
{
    emulator_flush_page(page);
}

EMULATOR_SEAM static inline frame_t machine_root(void)
{
    return emulator.root;
}

EMULATOR_SEAM static inline void machine_set_root(frame_t directory)
{
    emulator_set_root(directory);
}

EMULATOR_SEAM static inline uint32_t machine_interrupts_disable(void)
{
    uint32_t enabled = emulator.interrupts_enabled;
    emulator.interrupts_enabled = 0;
    return enabled;
}

EMULATOR_SEAM static inline void machine_interrupts_restore(uint32_t enabled)
{
    emulator.interrupts_enabled = enabled;
    if (enabled != 0 && injection_interrupt_due())
        emulator_interrupt();
}

EMULATOR_SEAM static inline bool machine_frame_granted(void)
{
    return injection_frame_granted();
}

#endif

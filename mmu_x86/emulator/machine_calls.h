/* The emulator port's part of mmu_x86/machine.h beside single words (machine_port.h). */
#ifndef KHEAP_MMU_X86_EMULATOR_MACHINE_CALLS_H
#define KHEAP_MMU_X86_EMULATOR_MACHINE_CALLS_H

#include "mmu_x86/emulator/emulator.h"
#include "mmu_x86/injection.h"

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

/* The window port: mmu_x86/machine.h over plain memory of a host process (window.h). */
#ifndef KHEAP_MMU_X86_WINDOW_MACHINE_PORT_H
#define KHEAP_MMU_X86_WINDOW_MACHINE_PORT_H

#include "mmu_x86/injection.h"
#include "mmu_x86/window/window.h"

WINDOW_SEAM static inline uint32_t machine_load(vaddr_t at)
{
    return *window_word(at);
}

WINDOW_SEAM static inline void machine_store(vaddr_t at, uint32_t word)
{
    *window_word(at) = word;
}

WINDOW_SEAM static inline void machine_fill(vaddr_t at, uint8_t byte, uint32_t size_bytes)
{
    window_fill(at, byte, size_bytes);
}

WINDOW_SEAM static inline void machine_copy(vaddr_t to, vaddr_t from, uint32_t size_bytes)
{
    window_copy(to, from, size_bytes);
}

WINDOW_SEAM static inline void machine_flush_page(vaddr_t page)
{
    (void)page;
}

WINDOW_SEAM static inline frame_t machine_root(void)
{
    return window.root;
}

WINDOW_SEAM static inline void machine_set_root(frame_t directory)
{
    window.root = directory;
}

WINDOW_SEAM static inline uint32_t machine_interrupts_disable(void)
{
    uint32_t enabled = window.interrupts_enabled;
    window.interrupts_enabled = 0;
    return enabled;
}

WINDOW_SEAM static inline void machine_interrupts_restore(uint32_t enabled)
{
    window.interrupts_enabled = enabled;
    if (enabled != 0 && injection_interrupt_due())
        window_interrupt();
}

WINDOW_SEAM static inline bool machine_frame_granted(void)
{
    return injection_frame_granted();
}

#endif

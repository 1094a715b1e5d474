/* What the processor does for a kernel, and need not do for a port in a process that has neither
 * interrupts nor a TLB: parts of mmu_x86/machine.h. */
#ifndef KHEAP_MMU_X86_WINDOW_NO_PROCESSOR_H
#define KHEAP_MMU_X86_WINDOW_NO_PROCESSOR_H

#include "mmu_x86/board.h"

static inline void machine_flush_page(vaddr_t page)
{
    (void)page;
}

static inline frame_t machine_root(void)
{
    return (frame_t){BOARD_DIRECTORY};
}

static inline void machine_set_root(frame_t directory)
{
    (void)directory;
}

static inline uint32_t machine_interrupts_disable(void)
{
    return 0;
}

static inline void machine_interrupts_restore(uint32_t state)
{
    (void)state;
}

#endif

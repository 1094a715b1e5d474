/* What the processor does for a kernel, and need not do in a process of the benchmark. */
#ifndef KHEAP_BENCH_PORT_PROCESSOR_H
#define KHEAP_BENCH_PORT_PROCESSOR_H

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

static inline bool machine_frame_granted(void)
{
    return true;
}

#endif

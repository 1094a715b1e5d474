/* The part of the benchmark's ports that is the same for both: filling and copying, and what the
 * processor does for a kernel and need not do here. */
#ifndef KHEAP_BENCH_PORT_PROCESSOR_H
#define KHEAP_BENCH_PORT_PROCESSOR_H

#include "bench/port/place.h"
#include "mmu_x86/board.h"

static inline void machine_fill(vaddr_t at, uint8_t byte, uint32_t size_bytes)
{
    __builtin_memset(bench_word(at), byte, size_bytes);
}

static inline void machine_copy(vaddr_t to, vaddr_t from, uint32_t size_bytes)
{
    __builtin_memcpy(bench_word(to), bench_word(from), size_bytes);
}

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

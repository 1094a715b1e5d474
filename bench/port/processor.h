/* The part of the benchmark's ports that is the same for both: filling and copying, and what the
 * processor does for a kernel and need not do here. */
#ifndef KHEAP_BENCH_PORT_PROCESSOR_H
#define KHEAP_BENCH_PORT_PROCESSOR_H

#include "bench/port/place.h"
#include "mmu_x86/window/no_processor.h"

static inline void machine_fill(vaddr_t at, uint8_t byte, uint32_t size_bytes)
{
    __builtin_memset(bench_word(at), byte, size_bytes);
}

static inline void machine_copy(vaddr_t to, vaddr_t from, uint32_t size_bytes)
{
    __builtin_memcpy(bench_word(to), bench_word(from), size_bytes);
}

static inline bool machine_frame_granted(void)
{
    return true;
}

#endif

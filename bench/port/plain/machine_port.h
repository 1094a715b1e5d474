/* The benchmark's port of mmu_x86/machine.h: the kernel's true addresses in a process, through
 * plain pointers, as boot/metal has them. Nothing of a harness is in the way: no injection, no
 * counters.
 *
 * Three things differ from a kernel. There are no privileged instructions: interrupts are not
 * switched, and nothing is flushed. Nothing walks the tables, so a page costs what the host's page
 * fault costs when it is first touched. And where the recursive window cannot lie at its own
 * addresses, because a 32-bit process has its stack there, the one file that uses it, paging.c, is
 * compiled with BENCH_TABLES, which moves it. */
#ifndef KHEAP_BENCH_PORT_PLAIN_MACHINE_PORT_H
#define KHEAP_BENCH_PORT_PLAIN_MACHINE_PORT_H

#include "bench/port/place.h"

/* What a peer tells of its accesses (bench/kheap.h): they are not counted. */
#define KHEAP_ACCESSES ((void (*)(struct peer_accesses *))0)

static inline uint32_t machine_load(vaddr_t at)
{
    return *bench_word(at);
}

static inline void machine_store(vaddr_t at, uint32_t word)
{
    *bench_word(at) = word;
}

#include "bench/port/processor.h"

#endif

/* The benchmark's port (bench/port/plain) with each load and store counted: by the heap, or by what
 * maps pages for it, as BENCH_TABLES tells the two apart. Filling and copying is not counted: that
 * is payload, or a new page table. */
#ifndef KHEAP_BENCH_PORT_COUNTING_MACHINE_PORT_H
#define KHEAP_BENCH_PORT_COUNTING_MACHINE_PORT_H

#include "bench/peer.h"
#include "bench/port/place.h"

/* What a peer tells of its accesses (bench/kheap.h). */
#define KHEAP_ACCESSES kheap_accesses

extern struct peer_accesses bench_accesses;

static inline uint32_t machine_load(vaddr_t at)
{
    if (BENCH_TABLES)
        bench_accesses.paging++;
    else
        bench_accesses.loads++;
    return *bench_word(at);
}

static inline void machine_store(vaddr_t at, uint32_t word)
{
    if (BENCH_TABLES)
        bench_accesses.paging++;
    else
        bench_accesses.stores++;
    *bench_word(at) = word;
}

#include "bench/port/processor.h"

#endif

/* Where the words of the machine lie in a process of the benchmark. */
#ifndef KHEAP_BENCH_PORT_PLACE_H
#define KHEAP_BENCH_PORT_PLACE_H

#include "mmu_x86/address.h"
#include "mmu_x86/i386.h"

/* The same bytes are payloads of any type to their users. */
typedef uint32_t __attribute__((may_alias)) bench_word_t;

/* What is added to an address of the recursive window; 0 in a 64-bit process. */
extern uintptr_t bench_tables_shift;

/* BENCH_TABLES, 0 or 1: whether this file looks into the recursive window at all. */
static inline uintptr_t bench_place(vaddr_t at)
{
    if (BENCH_TABLES && sizeof(void *) == 4 && at.v >= TABLES_AT)
        return at.v + bench_tables_shift;
    return at.v;
}

static inline bench_word_t *bench_word(vaddr_t at)
{
    return (bench_word_t *)bench_place(at);
}

#endif

/* A heap to measure: on the machine as boot left it, without a session around it; and the counter
 * to measure with. */
#ifndef KHEAP_BOOT_STAGE_H
#define KHEAP_BOOT_STAGE_H

#include "fuzz/op.h"
#include "heap/kmalloc.h"

/* Starts the machine anew and a heap on it, with its frames and window. Requires probe_start.
 * Returns null, or why there is none. */
const char *stage_heap(struct heap *heap, const struct op_config *config, enum heap_policy policy);

/* The time stamp counter (SDM 3B 18.17): cycles, or instructions where QEMU counts those. */
static inline uint64_t ticks_now(void)
{
    uint64_t ticks;
    __asm__ volatile("rdtsc" : "=A"(ticks) : : "memory");
    return ticks;
}

#endif

/* heap_reclaim is defined here in place of the heap's own. */
#include "fuzz/crash/test_mistake.h"

#include "heap/kmalloc.h"

uint32_t heap_reclaim_right(const struct heap *heap, uint32_t page_count_max);
#define heap_reclaim heap_reclaim_right
#include "heap/reclaim.c" /* NOLINT(bugprone-suspicious-include): to replace a part of it */
#undef heap_reclaim

#include <stdlib.h>

enum test_mistake test_mistake;

static void make_mistake(const struct heap *heap)
{
    switch (test_mistake) {
    case MISTAKE_NONE: break;
    case MISCOUNTS:
    case MISCOUNTS_LARGE:
    case MISCOUNTS_LISTED: heap_count(heap, HEAP_LIVE_BYTES, 8); break;
    case FAULTS: machine_store(vaddr_of(heap_load(heap, HEAP_END)), 1); break;
    case CRASHES: abort();
    case SEARCHES:
        for (;;)
            (void)heap_load(heap, HEAP_END);
    case HANGS:
        for (volatile uint32_t forever = 1; forever != 0;)
            continue;
    }
}

static bool due(const struct heap *heap)
{
    switch (test_mistake) {
    case MISCOUNTS_LARGE: return heap_load(heap, HEAP_LIVE_BYTES) > 100000u;
    case MISCOUNTS_LISTED: return heap_load(heap, BINS_ROW_BITMAP) != 0;
    default: return heap_load(heap, HEAP_LIVE_BLOCKS) == 2u;
    }
}

uint32_t heap_reclaim(const struct heap *heap, uint32_t page_count_max)
{
    uint32_t count = heap_reclaim_right(heap, page_count_max);
    uint32_t interrupts = machine_interrupts_disable();
    if (due(heap))
        make_mistake(heap);
    machine_interrupts_restore(interrupts);
    return count;
}

/* The heap's control block: all of its state, at the start of its window, in machine memory.
 *
 *   start                     control block, CONTROL_SIZE bytes
 *   start + CONTROL_SIZE      prologue: the footer of a used block of 8 bytes
 *   ...                       blocks, back to back (heap/block.h): the extent
 *   HEAP_END - 4              epilogue: the header of a used block of no size
 *   HEAP_END .. HEAP_LIMIT    not mapped: the room to grow
 *
 * H7  the counters equal the sums over the blocks
 * H8  the control block's fixed fields are as heap_init wrote them
 * X1  mapped pages of the window == HEAP_MAPPED_PAGES, all of them below HEAP_END
 * X2  HEAP_END is a page boundary, above the control block, not above HEAP_LIMIT
 * X4  HEAP_DENSE is 0 if a page below HEAP_END is not mapped, otherwise the granules from the first
 *     block to the epilogue */
#ifndef KHEAP_HEAP_CONTROL_H
#define KHEAP_HEAP_CONTROL_H

#include "mmu_x86/machine.h"

/* Words of the control block, as byte offsets. */
#define HEAP_MAGIC 0u        /* HEAP_MAGIC_WORD */
#define HEAP_POLICY 4u       /* enum heap_policy */
#define HEAP_KEY 8u          /* mixed into every tag */
#define HEAP_FRAMES 12u      /* where the frame bitmap lies */
#define HEAP_LIMIT 16u       /* the end of the window */
#define HEAP_END 20u         /* HEAP_PTR: the end of the extent, page-aligned */
#define HEAP_LIVE_BLOCKS 24u /* used blocks */
#define HEAP_LIVE_BYTES 28u  /* bytes in used blocks, tags included */
#define HEAP_MAPPED_PAGES                                                                          \
    32u                /* pages of the window that are mapped, the control block's included */
#define HEAP_DENSE 36u /* granules of blocks, if every page of them is mapped; otherwise 0 */
#define HEAP_RECLAIM_LIST 40u  /* the list that a pass of heap_reclaim goes on with; 0: none */
#define HEAP_RECLAIM_BLOCK 44u /* a free block that was on it */
#define HEAP_RECLAIM_PAGE 48u  /* a page in that block */
#define HEAP_STATISTICS 64u   /* from here to HEAP_FREELIST: counters that no decision depends on */
#define HEAP_PEAK_BYTES 64u   /* highest HEAP_LIVE_BYTES so far */
#define HEAP_PEAK_PAGES 68u   /* highest HEAP_MAPPED_PAGES so far */
#define HEAP_PEAK_END 72u     /* highest HEAP_END so far */
#define HEAP_REFUSED_SIZE 76u /* refusals: the size or alignment can never be served */
#define HEAP_REFUSED_WINDOW 80u /* refusals: the window is full */
#define HEAP_REFUSED_FRAMES 84u /* refusals: no frame */
#define HEAP_MISUSES 88u        /* misuses reported */
#define HEAP_FREELIST 128u      /* heap/bins.h or heap/first_fit.h */
#define CONTROL_SIZE 1984u

#define HEAP_MAGIC_WORD 0x4B484550u

enum heap_policy {
    HEAP_BINS = 0,      /* segregated bins with bitmaps: constant time */
    HEAP_FIRST_FIT = 1, /* the lowest free block that is large enough: linear time */
};

/* A heap, as its callers hold it: where the control block lies, and copies of the two fields that
 * never change, so that they need not be loaded again for every tag. heap_open makes it anew from
 * the address alone. */
struct heap {
    vaddr_t at;
    uint32_t key;
    enum heap_policy policy;
};

/* A copy of the handle of a heap under HEAP_BINS, for a call that hands its address to nobody: then
 * no store of the call's can change it, and the compiler keeps it in registers. */
static inline struct heap heap_copy(const struct heap *heap)
{
    return (struct heap){heap->at, heap->key, HEAP_BINS};
}

static inline uint32_t heap_load(const struct heap *heap, uint32_t field)
{
    return machine_load(vaddr_add(heap->at, field));
}

static inline void heap_store(const struct heap *heap, uint32_t field, uint32_t value)
{
    machine_store(vaddr_add(heap->at, field), value);
}

/* Adds `change` (which may be a negative number in two's complement) to a field. */
static inline void heap_count(const struct heap *heap, uint32_t field, uint32_t change)
{
    heap_store(heap, field, heap_load(heap, field) + change);
}

/* Raises a peak to `value`. */
static inline void heap_raise(const struct heap *heap, uint32_t field, uint32_t value)
{
    if (value > heap_load(heap, field))
        heap_store(heap, field, value);
}

static inline vaddr_t heap_frames(const struct heap *heap)
{
    return vaddr_of(heap_load(heap, HEAP_FRAMES));
}

#endif

/* The arena: the heap's window, its mapped pages and its end.
 *
 * Pages are mapped when a block needs them, and only heap_reclaim unmaps. Whatever moves the end,
 * maps or unmaps sets HEAP_DENSE anew. A refusal of any call
 * here leaves heap, page tables and frame bitmap as they were. */
#ifndef KHEAP_HEAP_ARENA_H
#define KHEAP_HEAP_ARENA_H

#include "heap/block.h"

enum arena_result {
    ARENA_OK,
    ARENA_NO_FRAME,
    ARENA_WINDOW_FULL,
};

/* Maps the pages of [from, to) that are not mapped. Returns ARENA_OK or ARENA_NO_FRAME.
 * Cost: proportional to the pages in the range. */
enum arena_result arena_map(const struct heap *heap, uint32_t from, uint32_t to);

/* Moves the end of the extent up until the block at `block`, the last one or the one that the
 * epilogue becomes, can be size_bytes long; maps the pages of [map_from, new end) and writes the
 * epilogue. The block's own tags are the caller's to write. Returns ARENA_OK with *size_now the
 * bytes from the block to the epilogue, ARENA_NO_FRAME or ARENA_WINDOW_FULL. Cost: proportional to
 * the pages in the range. */
enum arena_result arena_extend(const struct heap *heap, block_t block, uint32_t size_bytes,
                               uint32_t map_from, uint32_t *size_now);

/* Moves the end of the extent down to `end`, a page boundary, writes the epilogue there and gives
 * the pages above back. The caller has taken the blocks above off the lists. Returns the number of
 * frames given back. */
uint32_t arena_trim(const struct heap *heap, uint32_t end);

/* What a slice of heap_reclaim may still do (heap/cost.h). */
struct arena_budget {
    uint32_t page_count; /* mapped pages to be given back */
    uint32_t look_count; /* looks at what may hold such pages */
};

static inline bool arena_budget_left(const struct arena_budget *budget)
{
    return budget->page_count != 0 && budget->look_count != 0;
}

/* Takes look_count looks off the budget, or all that there are. */
static inline void arena_look(struct arena_budget *budget, uint32_t look_count)
{
    budget->look_count -= look_count < budget->look_count ? look_count : budget->look_count;
}

/* Unmaps the pages of [*from, to) that lie wholly in it, as far as the budget goes, and gives them
 * back; *from becomes where it ended. Requires *from at a page boundary. Returns the number of
 * frames given back. Cost: a look for each page, and for each table that is not there. */
uint32_t arena_unmap(const struct heap *heap, uint32_t *from, uint32_t to,
                     struct arena_budget *budget);

#endif

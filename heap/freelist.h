/* The free blocks, kept so that one that is large enough is found: by bins or by first fit, as the
 * heap was initialised. Links are header addresses in the blocks themselves; 0 ends a list.
 *
 * H5  every free block is on exactly the list where its size (bins) or its address (first fit)
 *     puts it, and no other block is
 * H6  next and prev agree in both directions; heads and bitmaps agree with the lists
 */
#ifndef KHEAP_HEAP_FREELIST_H
#define KHEAP_HEAP_FREELIST_H

#include "heap/block.h"

enum freelist_answer {
    FREELIST_FOUND,
    FREELIST_NONE,    /* no block that this policy would give */
    FREELIST_DAMAGED, /* a link or tag on the way is not to be believed; *found is that block */
};

/* Puts a free block, whose tags are written, on its list. Cost: constant (bins), linear (first
 * fit). */
void freelist_insert(const struct heap *heap, block_t block, uint32_t size_bytes);

/* Takes a free block off its list. Requires that freelist_linked holds. Cost: constant. */
void freelist_remove(const struct heap *heap, block_t block, uint32_t size_bytes);

/* True if the neighbours on its list point back at the block. Never faults. Cost: constant. */
bool freelist_linked(const struct heap *heap, block_t block, uint32_t size_bytes);

/* Finds a free block of at least size_bytes and leaves it on its list.
 * Under HEAP_BINS a block is found if there is one in a higher bin than that of size_bytes, or
 * among the first BINS_SCAN of its own bin (heap/bins.h); under HEAP_FIRST_FIT if there is one at
 * all. */
enum freelist_answer freelist_find(const struct heap *heap, uint32_t size_bytes, block_t *found);

/* The free blocks one by one, for reports and for the reclaimer, those of less than size_min left
 * out; the lists must not change meanwhile. Both answer as freelist_find does. */
enum freelist_answer freelist_first(const struct heap *heap, uint32_t size_min, block_t *found);
enum freelist_answer freelist_after(const struct heap *heap, block_t block, uint32_t size_min,
                                    block_t *found);

#endif

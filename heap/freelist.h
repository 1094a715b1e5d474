/* The free blocks, kept so that one that is large enough is found: by bins or by first fit, as the
 * heap was initialised. Links are header addresses in the blocks themselves; 0 ends a list.
 *
 * The last block of the extent is on no list while it is free: the footer before the epilogue leads
 * to it. It is what a request is served from if no list has a block for it, and then it is all that
 * the heap has to grow, so whoever cuts from the end, or frees what lies there, touches no list.
 *
 * H5  every free block but the last one is on exactly the list where its size (bins) or its address
 *     (first fit) puts it, and no other block is
 * H6  next and prev agree in both directions; heads and bitmaps agree with the lists
 */
#ifndef KHEAP_HEAP_FREELIST_H
#define KHEAP_HEAP_FREELIST_H

#include "heap/bins.h"
#include "heap/first_fit.h"
#include "heap/verify.h"

enum freelist_answer {
    FREELIST_FOUND,
    FREELIST_NONE,    /* no block that this policy would give */
    FREELIST_DAMAGED, /* a link or tag on the way is not to be believed; member->block is it */
};

/* Puts a free block, whose tags are written, on its list. Cost: constant (bins), linear (first
 * fit). */
static inline void freelist_insert(const struct heap *heap, block_t block, uint32_t size_bytes)
{
    if (heap->policy == HEAP_BINS)
        bins_insert(heap, block, size_bytes);
    else
        first_fit_insert(*heap, block);
}

/* Takes a free block that is believed off its list, if it is on one. Cost: constant. */
static inline void freelist_remove(const struct heap *heap, const struct member *member)
{
    if (member->head == 0)
        return;
    if (member->next != 0)
        machine_store(block_prev_link(block_at(member->next)), member->prev);
    if (member->prev != 0) {
        machine_store(block_next_link(block_at(member->prev)), member->next);
        return;
    }
    heap_store(heap, member->head, member->next);
    if (member->next == 0 && heap->policy == HEAP_BINS)
        bins_emptied(heap, (member->head - BINS_HEADS) / 4u);
}

/* Brings what is known of a member up to date after another one was taken off: they may have been
 * neighbours on a list. */
static inline void freelist_refresh(const struct member *removed, struct member *member)
{
    if (member->prev == removed->block.at)
        member->prev = removed->prev;
    if (member->next == removed->block.at)
        member->next = removed->next;
}

/* Finds a free block of at least size_bytes on the lists and leaves it there.
 * Under HEAP_BINS a block is found if there is one in a higher bin than that of size_bytes, or
 * among the first BINS_SCAN of its own bin (heap/bins.h); under HEAP_FIRST_FIT if there is one at
 * all. */
enum freelist_answer freelist_find(const struct heap *heap, uint32_t size_bytes,
                                   struct member *found);

/* freelist_find, quickly, under HEAP_BINS. */
static inline enum freelist_answer freelist_find_quick(const struct heap *heap,
                                                       const struct extent *extent,
                                                       uint32_t size_bytes, struct member *found)
{
    uint32_t bin = bins_of(size_bytes);
    uint32_t at = heap_load(heap, bins_head_of(bin));
    found->head = bins_head_of(bin);
    found->prev = 0;
    for (uint32_t left = BINS_SCAN; at != 0 && left != 0; left--) {
        found->block = block_at(at);
        if (!verify_listed_quick(heap, extent, found))
            return FREELIST_DAMAGED;
        if (found->tag.word >= size_bytes)
            return FREELIST_FOUND;
        found->prev = at;
        at = found->next;
    }
    bin = bins_above(heap, size_bytes, bin);
    if (bin == 0)
        return FREELIST_NONE;
    found->block = block_at(heap_load(heap, bins_head_of(bin)));
    found->head = bins_head_of(bin);
    found->prev = 0;
    return verify_listed_quick(heap, extent, found) ? FREELIST_FOUND : FREELIST_DAMAGED;
}

/* The free blocks on the lists one by one, for reports and for the reclaimer, from the list with
 * its head at `head` on; the lists must not change meanwhile. freelist_after takes the one before
 * from *found. Both answer as freelist_find does. Cost: constant. */
enum freelist_answer freelist_first(const struct heap *heap, uint32_t head, struct member *found);
enum freelist_answer freelist_after(const struct heap *heap, struct member *found);

#endif

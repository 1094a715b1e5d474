/* Carving: turning a free block, or a part of one, into a used block, and giving a part back. */
#ifndef KHEAP_HEAP_CARVE_H
#define KHEAP_HEAP_CARVE_H

#include "heap/freelist.h"

/* A free stretch that a used block is to be cut from: [block, block + size), on no list. */
struct stretch {
    block_t block;
    uint32_t size_bytes;
    uint32_t sparse; /* TAG_SPARSE or 0 */
};

/* Makes a stretch a free block: writes its tags and puts it on its list, unless it is the last
 * block. */
static inline void carve_give_back(const struct heap *heap, const struct extent *extent,
                                   struct stretch stretch)
{
    block_tag(heap, stretch.block, stretch.size_bytes, stretch.sparse);
    if (stretch.block.at + stretch.size_bytes != extent_epilogue(extent))
        freelist_insert(heap, stretch.block, stretch.size_bytes);
}

/* Cuts a used block of size_bytes from the start of the stretch, and gives back what remains.
 * Requires size_bytes <= stretch.size_bytes and its pages mapped (carve_map_end). Returns the
 * block. */
static inline block_t carve(const struct heap *heap, const struct extent *extent,
                            struct stretch stretch, uint32_t size_bytes)
{
    uint32_t rest = stretch.size_bytes - size_bytes;
    if (rest >= BLOCK_SIZE_MIN) {
        block_t behind = block_at(stretch.block.at + size_bytes);
        carve_give_back(heap, extent, (struct stretch){behind, rest, stretch.sparse});
        stretch.size_bytes = size_bytes;
    }
    block_tag(heap, stretch.block, stretch.size_bytes, TAG_USED);
    uint32_t live_bytes = heap_load(heap, HEAP_LIVE_BYTES) + stretch.size_bytes;
    heap_store(heap, HEAP_LIVE_BYTES, live_bytes);
    heap_raise(heap, HEAP_PEAK_BYTES, live_bytes);
    heap_count(heap, HEAP_LIVE_BLOCKS, 1);
    return stretch.block;
}

/* The bytes to leave free at the stretch's start so that the payload lies at a multiple of
 * align_bytes: 0, or enough for a block. */
uint32_t carve_lead(block_t block, uint32_t align_bytes);

/* The end of what must be mapped in the stretch before a block of size_bytes can be cut from it
 * after `lead` bytes: the block, and what the rest behind it keeps mapped. */
uint32_t carve_map_end(struct stretch stretch, uint32_t lead, uint32_t size_bytes);

/* As carve, after `lead` bytes, which are given back as well. */
block_t carve_aligned(const struct heap *heap, const struct extent *extent, struct stretch stretch,
                      uint32_t lead, uint32_t size_bytes);

#endif

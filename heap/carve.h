/* Carving: turning a free block, or a part of one, into a used block, and giving a part back. */
#ifndef KHEAP_HEAP_CARVE_H
#define KHEAP_HEAP_CARVE_H

#include "heap/block.h"

/* A free stretch that a used block is to be cut from: [block, block + size), on no list. */
struct stretch {
    block_t block;
    uint32_t size_bytes;
    uint32_t sparse; /* TAG_SPARSE or 0 */
};

/* The bytes to leave free at the stretch's start so that the payload lies at a multiple of
 * align_bytes: 0, or enough for a block. */
uint32_t carve_lead(block_t block, uint32_t align_bytes);

/* The end of what must be mapped in the stretch before a block of size_bytes can be cut from it
 * after `lead` bytes: the block, and what the rest behind it keeps mapped. */
uint32_t carve_map_end(struct stretch stretch, uint32_t lead, uint32_t size_bytes);

/* Cuts a used block of size_bytes from the stretch, after `lead` bytes, and puts what remains on
 * the lists. Requires lead + size_bytes <= stretch.size_bytes and its pages mapped (carve_map_end).
 * Returns the block. */
block_t carve(const struct heap *heap, struct stretch stretch, uint32_t lead, uint32_t size_bytes);

/* Puts a free stretch on the lists, its tags written. */
void carve_give_back(const struct heap *heap, struct stretch stretch);

#endif

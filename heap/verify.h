/* Verification: may this block be believed? Nothing here writes, and nothing here faults, whatever
 * the block holds. */
#ifndef KHEAP_HEAP_VERIFY_H
#define KHEAP_HEAP_VERIFY_H

#include "heap/misuse.h"

/* What stands on both sides of a used block that is about to be freed or resized. */
struct neighbours {
    block_t previous;
    tag_t previous_tag; /* free only if previous is a free block; otherwise TAG_SENTINEL */
    block_t next;
    tag_t next_tag; /* likewise */
};

/* True if the word at `at` lies in the extent and is mapped. Cost: constant. */
bool verify_readable(const struct heap *heap, uint32_t at);

/* Reads and believes the tags of the block at `block`, or returns why not: MISUSE_NOT_A_BLOCK or
 * MISUSE_TAGS_DISAGREE. */
enum misuse_reason verify_block(const struct heap *heap, block_t block, tag_t *tag);

/* As verify_block, for the block behind a pointer that a caller handed in as one of its live
 * blocks. */
enum misuse_reason verify_payload(const struct heap *heap, vaddr_t payload, tag_t *tag);

/* True if a free block's header stands at `block` and its links can be read: what a link leads to
 * must at least be that. Old links lie about in free memory; old headers do not (heap/block.h). */
bool verify_member(const struct heap *heap, block_t block);

/* Believes a free block, its tags and its links, or returns why not: always MISUSE_DAMAGED_LINK. */
enum misuse_reason verify_free(const struct heap *heap, block_t block, tag_t *tag);

/* Looks at the neighbours of a verified used block, and believes those that are free as verify_free
 * does. Returns MISUSE_NONE, MISUSE_DAMAGED_NEIGHBOUR or MISUSE_DAMAGED_LINK. */
enum misuse_reason verify_neighbours(const struct heap *heap, block_t block, tag_t tag,
                                     struct neighbours *neighbours);

/* Looks at the epilogue and the block before it; *neighbours then has the epilogue as `next`. */
enum misuse_reason verify_last(const struct heap *heap, struct neighbours *neighbours);

#endif

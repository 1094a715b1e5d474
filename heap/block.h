/* Blocks and their boundary tags.
 *
 *   at              header    the tag
 *   at + 4          payload   of a used block: up to at + size - 4
 *   at + 4          next      of a free block: the header of the next one on its list, or 0
 *   at + 8          prev      of a free block: likewise
 *   at + size - 4   footer    the tag again
 *
 * Headers lie at addresses that are 4 modulo 8, so payloads are 8-byte aligned and own whole 8-byte
 * granules, while a block's footer and the next block's header share one.
 *
 * The tag is one word at both ends of a block, stored XOR key XOR its own address: a stale, copied
 * or overwritten tag does not agree with the one at the other end, or is not legal at all:
 *
 *   [ size_bytes 31..3 | 0 | sparse | used ]
 *
 * sparse (free blocks only): pages inside the block may be unmapped. They lie wholly between
 * block_hold_end, the first bytes that a block keeps mapped, and the footer.
 *
 * H1  a tag is legal: size a multiple of 8, at least BLOCK_SIZE_MIN, reserved bit clear; a used
 *     block is not sparse
 * H2  header == footer
 * H3  no two neighbours are free
 * H4  the blocks tile the extent from prologue to epilogue
 * H9  what was a tag, and lies inside a block after a merge or on a page given back, is none now
 * X3  an unmapped page below HEAP_END lies wholly inside the hole of one sparse free block
 */
#ifndef KHEAP_HEAP_BLOCK_H
#define KHEAP_HEAP_BLOCK_H

#include "heap/control.h"

#define BLOCK_OVERHEAD 8u
#define BLOCK_SIZE_MIN 16u
#define BLOCK_GRANULE 8u

#define TAG_USED 1u
#define TAG_SPARSE 2u
#define TAG_RESERVED 4u
#define TAG_FLAGS 7u

/* The tags of prologue and epilogue. The prologue's is no footer of a block that begins behind it,
 * whatever that one's header holds. */
#define TAG_PROLOGUE (BLOCK_GRANULE | TAG_USED)
#define TAG_EPILOGUE TAG_USED

/* What stands in place of tags that were merged away: never legal, so that a stale pointer, or a
 * damaged size that leads to an old footer, finds no tag that looks alive. */
#define TAG_DEAD TAG_RESERVED

/* For conditions that hold only where somebody has overwritten memory, or memory is short: the
 * compiler lays what follows them out of the way. */
#define BLOCK_RARE(condition) __builtin_expect(condition, 0)

/* For the one text that is compiled twice, quickly and precisely (heap/verify.h): each in its own
 * function, so that the quick one keeps all it knows in registers. */
#define BLOCK_INLINE static inline __attribute__((always_inline))
#define BLOCK_APART __attribute__((noinline))

/* A block: the address of its header. */
typedef struct {
    uint32_t at;
} block_t;

/* A decoded tag. */
typedef struct {
    uint32_t word;
} tag_t;

static inline block_t block_at(uint32_t at)
{
    return (block_t){at};
}

static inline tag_t tag_of(uint32_t size_bytes, uint32_t flags)
{
    return (tag_t){size_bytes | flags};
}

static inline uint32_t tag_size(tag_t tag)
{
    return tag.word & ~TAG_FLAGS;
}

static inline bool tag_used(tag_t tag)
{
    return (tag.word & TAG_USED) != 0;
}

static inline uint32_t tag_sparse(tag_t tag)
{
    return tag.word & TAG_SPARSE;
}

static inline tag_t tag_load(const struct heap *heap, uint32_t at)
{
    return (tag_t){machine_load(vaddr_of(at)) ^ heap->key ^ at};
}

static inline void tag_store(const struct heap *heap, uint32_t at, tag_t tag)
{
    machine_store(vaddr_of(at), tag.word ^ heap->key ^ at);
}

/* Writes header and footer of a block. */
static inline void block_tag(const struct heap *heap, block_t block, uint32_t size_bytes,
                             uint32_t flags)
{
    tag_store(heap, block.at, tag_of(size_bytes, flags));
    tag_store(heap, block.at + size_bytes - 4u, tag_of(size_bytes, flags));
}

/* Kills the footer and the header on both sides of `boundary`, where two blocks have become one. */
static inline void boundary_kill(const struct heap *heap, uint32_t boundary)
{
    tag_store(heap, boundary - 4u, tag_of(0, TAG_DEAD));
    tag_store(heap, boundary, tag_of(0, TAG_DEAD));
}

/* A number of bytes in granules. What is not a whole number of them comes out larger than any that
 * is, so that one comparison tells a multiple of a granule within bounds. */
static inline uint32_t granules(uint32_t size_bytes)
{
    return size_bytes / BLOCK_GRANULE | size_bytes << 29;
}

/* True if a tag is legal for a used, or a free, block with size_room bytes to the end of the
 * extent.
 */
static inline bool tag_legal_used(tag_t tag, uint32_t size_room)
{
    return granules(tag.word - TAG_USED) <= granules(size_room) && tag.word >= BLOCK_SIZE_MIN;
}

static inline bool tag_legal_free(tag_t tag, uint32_t size_room)
{
    return granules(tag.word & ~TAG_SPARSE) <= granules(size_room) && tag.word >= BLOCK_SIZE_MIN;
}

/* True if the flags are those of a free block. */
static inline bool tag_listed(tag_t tag)
{
    return (tag.word & (TAG_USED | TAG_RESERVED)) == 0;
}

static inline block_t block_of_payload(vaddr_t payload)
{
    return block_at(payload.v - 4u);
}

static inline vaddr_t block_payload(block_t block)
{
    return vaddr_of(block.at + 4u);
}

static inline vaddr_t block_next_link(block_t block)
{
    return vaddr_of(block.at + 4u);
}

static inline vaddr_t block_prev_link(block_t block)
{
    return vaddr_of(block.at + 8u);
}

/* The first block of the extent. */
static inline block_t block_first(const struct heap *heap)
{
    return block_at(heap->at.v + CONTROL_SIZE + 4u);
}

/* Where the blocks lie, loaded once for a call. */
struct extent {
    uint32_t first; /* the first block */
    uint32_t end;   /* HEAP_END */
    uint32_t dense; /* HEAP_DENSE */
};

static inline struct extent extent_of(const struct heap *heap)
{
    return (struct extent){
        .first = block_first(heap).at,
        .end = heap_load(heap, HEAP_END),
        .dense = heap_load(heap, HEAP_DENSE),
    };
}

/* The epilogue: one past the last block. */
static inline uint32_t extent_epilogue(const struct extent *extent)
{
    return extent->end - 4u;
}

/* The end of the bytes at a free block's start that stay mapped: room for the smallest block and an
 * epilogue behind it, so that neither a split nor a trim ever needs a frame to write them. */
static inline uint32_t block_hold_end(block_t block)
{
    return block.at + BLOCK_SIZE_MIN + 4u;
}

/* The size of the block for a payload of size_bytes: BLOCK_SIZE_MIN at least. Requires 0 <
 * size_bytes <= KMALLOC_SIZE_MAX. */
static inline uint32_t block_size_for(uint32_t size_bytes)
{
    return (size_bytes + BLOCK_OVERHEAD + BLOCK_GRANULE - 1u) & ~(BLOCK_GRANULE - 1u);
}

#endif

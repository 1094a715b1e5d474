/* The shadow model: which blocks live, where, how large and with what contents, kept outside the
 * heap under test.
 *
 * S1  a block lies in the extent, aligned as asked, as large as asked, and no larger than rounding
 *     explains
 * S2  live blocks are disjoint
 * S3  contents are intact; memory from kcalloc is zero
 */
#ifndef KHEAP_FUZZ_SHADOW_H
#define KHEAP_FUZZ_SHADOW_H

#include "invariants/violation.h"
#include "mmu_x86/address.h"

struct shadow_block {
    uint32_t at; /* 0: the slot is empty */
    uint32_t size_bytes;
    uint32_t usable_bytes;
    uint32_t seed;     /* of the contents */
    uint32_t freed_at; /* what the slot held last, when it is empty; 0: nothing yet */
};

struct shadow {
    struct shadow_block *slots;
    uint32_t slot_count;
    uint32_t live_count;
    uint32_t next_seed;
    uint32_t window_start;
    uint32_t *owned; /* a bit for each 8-byte granule of the window: it is part of a live payload */
};

/* The bytes of the granule bitmap: it covers the largest window. */
#define SHADOW_OWNED_BYTES ((0xFFC00000u - 0xC0400000u) / 8u / 8u)

/* Forgets all blocks. Cost: what lives. */
void shadow_clear(struct shadow *shadow);

static inline bool shadow_live(const struct shadow *shadow, uint32_t slot)
{
    return shadow->slots[slot].at != 0;
}

/* True if a live payload covers the granule at `at`. */
bool shadow_owns(const struct shadow *shadow, uint32_t at);

/* Enters a new block: rules S1 and S2. `end` is the heap's end. */
bool shadow_enter(struct shadow *shadow, uint32_t slot, const struct shadow_block *block,
                  uint32_t align_bytes, uint32_t end, struct violation *violation);

/* Removes a block. Its payload is nobody's from here on: to be called before the core is told to
 * free or resize it. */
void shadow_leave(struct shadow *shadow, uint32_t slot);

/* Brings the slots back to what they held earlier in the run: slot_count blocks in `slots`. The
 * counts are the caller's to bring back. Cost: the blocks that differ. */
void shadow_restore(struct shadow *shadow, const struct shadow_block *slots);

/* Puts a block back that has left and has not changed: the core refused to resize it. */
void shadow_return(struct shadow *shadow, uint32_t slot, const struct shadow_block *block);

/* Writes new contents, unique to this block, over its usable bytes: every word of the first and
 * last SHADOW_EDGE bytes, and between them at most SHADOW_INNER words at equal distances. Cost:
 * constant. */
#define SHADOW_EDGE 128u
#define SHADOW_INNER 16u
void shadow_fill(struct shadow *shadow, uint32_t slot);

/* Rule S3: the words that shadow_fill wrote for `block` are intact, as far as the first size_bytes
 * bytes, in memory at `at` (which differs from block->at after a move). */
bool shadow_intact(const struct shadow_block *block, uint32_t at, uint32_t size_bytes,
                   struct violation *violation);

/* The same for the words within SHADOW_NEAR bytes of both ends: what a neighbour would overwrite.
 */
#define SHADOW_NEAR 16u
bool shadow_edges_intact(const struct shadow_block *block, struct violation *violation);

/* Rule S3: usable_bytes bytes at `at` are zero. All of them are looked at up to 4 KiB, beyond that
 * as above. */
bool shadow_zero(uint32_t at, uint32_t usable_bytes, struct violation *violation);

#endif

/* The shadow model of a foreign allocator's blocks: what lives, where, how large and with what
 * contents. Its memory is the harness's own. Keeps the rules
 *
 * A1   a block lies in memory that was granted
 * A2   blocks that live do not overlap
 * A3   a block keeps what is written to it
 *
 * Blocks are in slots, in a tree by address (a treap, whose shape follows from the order of the
 * operations alone), and in a list by address. A block without bytes, which may lie anywhere, is in
 * its slot only. */
#ifndef KHEAP_FUZZ_FOREIGN_MODEL_H
#define KHEAP_FUZZ_FOREIGN_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "invariants/violation.h"

struct model_block {
    uintptr_t at;           /* 0: the slot is empty */
    uintptr_t size_bytes;   /* asked for */
    uintptr_t usable_bytes; /* that the harness uses: at least as many */
    uintptr_t freed_at;     /* what the slot held last, with bytes, when it is empty; 0: nothing */
    uint32_t seed;          /* of the contents */
    bool aligned;           /* by a call for an aligned block */
    uint32_t priority;      /* in the tree: */
    uint32_t below;         /* a slot + 1 with a lower address, */
    uint32_t above;         /* and one with a higher; 0: none */
    uint32_t previous;      /* in the list: a slot + 1, 0: none */
    uint32_t next;
};

struct model {
    struct model_block *slots;
    uint32_t slot_count;
    uint32_t slots_used; /* those from here on have held no block */
    uint32_t live_count;
    uint32_t empty_count; /* of them, blocks without bytes */
    uint32_t root;        /* of the tree: a slot + 1; 0: no block */
    uint32_t beside[2]; /* what lies below and above the block that came or went last: slots + 1 */
    uint32_t next_seed;
};

/* Forgets all blocks. Cost: the slots that have held one. */
void model_clear(struct model *model);

static inline bool model_live(const struct model *model, uint32_t slot)
{
    return model->slots[slot].at != 0;
}

/* The live block with the highest address at or below `at`; the one with the lowest above it. Null:
 * none. Cost: logarithmic. */
const struct model_block *model_at_or_below(const struct model *model, uintptr_t at);
const struct model_block *model_above(const struct model *model, uintptr_t at);

/* The live block with bytes that lies next above one. Null: none. */
static inline const struct model_block *model_next(const struct model *model,
                                                   const struct model_block *block)
{
    return block->next != 0 ? &model->slots[block->next - 1u] : (const struct model_block *)0;
}

/* Rule A2, for bytes that a new block is to have. */
bool model_rule_A2(const struct model *model, uintptr_t at, uintptr_t usable_bytes,
                   struct violation *violation);

/* Enters a block of which rule A2 holds, writes its contents, and keeps the allocator off it
 * (memory_poison). */
void model_enter(struct model *model, uint32_t slot, uintptr_t at, uintptr_t size_bytes,
                 uintptr_t usable_bytes);

/* Writes new contents. */
void model_rewrite(struct model *model, uint32_t slot);

/* Lets the allocator at a block, which it is to free or resize: it is removed, and stays in *block.
 */
void model_leave(struct model *model, uint32_t slot, struct model_block *block);

/* Puts a block back that has left: the allocator has refused to resize it. */
void model_return(struct model *model, uint32_t slot, const struct model_block *block);

/* Rule A3: what was written for `block` is intact as far as the first upto_bytes bytes, in memory
 * at `at` (which differs from block->at after a move). */
bool model_rule_A3(const struct model_block *block, uintptr_t at, uintptr_t upto_bytes,
                   struct violation *violation);

/* The same for all blocks; for both ends of all; and for those beside the block that came or went
 * last, as far as a neighbour would write. */
bool model_all_intact(const struct model *model, struct violation *violation);
bool model_ends_intact(const struct model *model, struct violation *violation);
bool model_neighbours_intact(const struct model *model, struct violation *violation);

/* The live block without bytes that has the lowest address in [from, to). Null: none. Cost: all
 * slots, if there is any such block at all. */
const struct model_block *model_empty_within(const struct model *model, uintptr_t from,
                                             uintptr_t to);

/* Lets the allocator at all live blocks, or keeps it off them again. */
void model_open(const struct model *model, bool open);

/* Calls `visit` for each live block with bytes, by address, until it returns false. */
void model_walk(const struct model *model, bool (*visit)(void *, const struct model_block *),
                void *context);

#endif

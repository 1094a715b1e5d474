/* A load: what a player asks of a heap, as an array made before anything is measured.
 *
 * Blocks are named by slots. A slot is used again once its block was freed, the latest one first,
 * so that the player's table of blocks stays small and near. */
#ifndef KHEAP_BENCH_LOAD_H
#define KHEAP_BENCH_LOAD_H

#include <stdbool.h>
#include <stdint.h>

enum load_kind { LOAD_ALLOC, LOAD_FREE, LOAD_RESIZE };

#define LOAD_KIND_BITS 2u

struct load_op {
    uint32_t slot_and_kind; /* slot << LOAD_KIND_BITS | enum load_kind */
    uint32_t size_bytes;    /* 0 for LOAD_FREE */
};

static inline enum load_kind load_kind(struct load_op op)
{
    return (enum load_kind)(op.slot_and_kind & ((1u << LOAD_KIND_BITS) - 1u));
}

static inline uint32_t load_slot(struct load_op op)
{
    return op.slot_and_kind >> LOAD_KIND_BITS;
}

struct load {
    struct load_op *ops;
    uint32_t op_count;
    uint32_t op_capacity;
    uint32_t measured_from; /* operations before this one only bring the heap into a state */
    uint32_t slot_count;

    uint64_t live_bytes;      /* as asked for */
    uint64_t peak_live_bytes; /* the highest that they were, */
    uint32_t peak_op;         /* and the operation that made them so */
    uint64_t asked_bytes;     /* by all allocations together, resizes included */

    uint32_t *sizes;      /* of each slot's block */
    uint32_t *free_slots; /* a stack */
    uint32_t slot_capacity;
    uint32_t free_count;
};

/* Makes the load that is called `name`: a pattern (bench/pattern.h) or the path of a packed trace
 * (fuzz/trace.h). Ends the process, with a line that says why, if there is none. */
void load_make(struct load *load, const char *name);

/* These add an operation. The first returns the slot of the new block. */
uint32_t load_alloc(struct load *load, uint32_t size_bytes);
void load_free(struct load *load, uint32_t slot);
void load_resize(struct load *load, uint32_t slot, uint32_t size_bytes);

/* True if `name` names a pattern; then it has been added to the load. */
/* Prints the names of all patterns. */
void pattern_names(void);

bool pattern_make(struct load *load, const char *name);

#endif

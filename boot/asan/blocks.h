/* What is remembered of blocks for reports: who allocated them, who freed them.
 *
 * A fixed number of records; a new block takes the place of the oldest freed one that its address
 * may share a place with, or of the oldest. So what was freed last is there, and what lives mostly
 * is. Nothing but reports depends on it: what may be touched, the shadow alone says. */
#ifndef KHEAP_BOOT_ASAN_BLOCKS_H
#define KHEAP_BOOT_ASAN_BLOCKS_H

#include <stdbool.h>

#include "boot/asan/trace.h"

struct block_record {
    uint32_t at; /* the payload; 0: the record is empty */
    uint32_t size_bytes;
    uint32_t age; /* counts up over all allocations and frees */
    bool freed;
    struct trace allocated_by;
    struct trace freed_by;
};

/* The bytes that the records take. */
#define BLOCK_SETS 2048u
#define BLOCK_WAYS 4u
#define BLOCKS_BYTES (BLOCK_SETS * BLOCK_WAYS * sizeof(struct block_record))

/* Hands over zeroed memory for them. Before that nothing is remembered. */
void blocks_start(void *memory);

/* Forgets all. */
void blocks_reset(void);

void block_allocated(uint32_t at, uint32_t size_bytes, const struct trace *trace);

/* More of it than was asked for may be used. */
void block_widened(uint32_t at, uint32_t size_bytes);

void block_freed(uint32_t at, const struct trace *trace);

/* The free did not happen. */
void block_lives_on(uint32_t at);

/* The block that a wrong access was meant for: the one that held the address and was freed last,
 * unless one that was allocated later ends or starts right beside it; otherwise the nearest that
 * lives. Null if none is remembered. Cost: all records. */
const struct block_record *block_of(uint32_t at);

/* The bytes from the block to an address outside it; 0 inside. */
uint32_t block_distance(const struct block_record *block, uint32_t at);

#endif

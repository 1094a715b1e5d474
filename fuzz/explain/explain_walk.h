/* The blocks as they lie in memory, read with the checkers' eye, sound or not. */
#ifndef KHEAP_FUZZ_EXPLAIN_EXPLAIN_WALK_H
#define KHEAP_FUZZ_EXPLAIN_EXPLAIN_WALK_H

#include "fuzz/session_internal.h"

/* Calls `found` for the header and the size of each block whose header is legal, from the first one
 * on; where one is not, goes on from the end of the heap backwards, by footers. */
typedef void (*walk_block)(void *context, uint32_t at, uint32_t tag);
void walk_blocks(const struct session *session, walk_block found, void *context);

/* What a heap holds. */
struct walk_sums {
    uint32_t live_bytes;
    uint32_t free_bytes;
    uint32_t free_blocks;
    uint32_t used_blocks;
    uint32_t largest_free;
    uint32_t extent_bytes;
    uint32_t mapped_pages;
};
void walk_sum(const struct session *session, struct walk_sums *sums);

/* The end of the heap as the control block says, if it can be one; otherwise the start. */
uint32_t walk_end(const struct session *session);

#endif

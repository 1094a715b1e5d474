/* Memory of the player's own, straight from the system: the C library's heap is a peer, or is
 * replaced by one, and must see no other requests than the load's. */
#ifndef KHEAP_BENCH_MEMORY_H
#define KHEAP_BENCH_MEMORY_H

#include <stddef.h>

/* Zeroed memory that is used as it is touched. Ends the process (BENCH_NO_MEMORY) if there is none.
 */
void *memory_make(size_t size_bytes);

/* The same, which children of this process share with it. */
void *memory_make_shared(size_t size_bytes);

/* Makes memory of memory_make longer, elsewhere if need be. */
void *memory_grow(void *at, size_t old_bytes, size_t new_bytes);

/* From now on bench_keeps_memory, and the first bytes of a heap's window are touched as it is made,
 * before anything is measured. How many, memory_touch_first says. */
void memory_is_there(void);
void memory_touch_first(size_t size_bytes);

void memory_give_back(void *at, size_t size_bytes);

#endif

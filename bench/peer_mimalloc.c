/* mimalloc, by its own names. */
#include "bench/peer.h"

void *mi_malloc(size_t size_bytes);
void mi_free(void *at);
void *mi_realloc(void *at, size_t size_bytes);
void mi_collect(bool force);

/* It knows no slices: all that can be given back goes at once. */
static uint32_t collect(uint32_t page_count_max)
{
    (void)page_count_max;
    mi_collect(true);
    return 0;
}

const struct peer peer = {.name = "mimalloc",
                          .alloc = mi_malloc,
                          .release = mi_free,
                          .resize = mi_realloc,
                          .reclaim = collect};

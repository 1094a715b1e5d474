#include <limits.h>
#include <malloc.h>
#include <stdlib.h>

#include "bench/peer.h"

static bool keep_memory(size_t window_bytes)
{
    (void)window_bytes;
    return !bench_keeps_memory() ||
           (mallopt(M_TRIM_THRESHOLD, INT_MAX) == 1 && mallopt(M_MMAP_MAX, 0) == 1);
}

/* It knows no slices: all that can be given back goes at once. */
static uint32_t trim(uint32_t page_count_max)
{
    (void)page_count_max;
    (void)malloc_trim(0);
    return 0;
}

const struct peer peer = {.name = "glibc",
                          .init = keep_memory,
                          .alloc = malloc,
                          .release = free,
                          .resize = realloc,
                          .reclaim = trim};

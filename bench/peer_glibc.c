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

const struct peer peer = {
    .name = "glibc", .init = keep_memory, .alloc = malloc, .release = free, .resize = realloc};

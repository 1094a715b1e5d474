/* jemalloc, which puts itself in the place of malloc. */
#include <stdlib.h>
#include <sys/types.h>

#include "bench/peer.h"

/* Only jemalloc has it: that it links proves that malloc is jemalloc's. */
int mallctl(const char *name, void *old, size_t *old_size, void *new_value, size_t new_size);

static bool keep_memory(size_t window_bytes)
{
    ssize_t never = -1;
    (void)window_bytes;
    return !bench_keeps_memory() ||
           (mallctl("arena.0.dirty_decay_ms", NULL, NULL, &never, sizeof never) == 0 &&
            mallctl("arena.0.muzzy_decay_ms", NULL, NULL, &never, sizeof never) == 0);
}

/* It knows no slices: all that can be given back goes at once. */
static uint32_t purge(uint32_t page_count_max)
{
    (void)page_count_max;
    (void)mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
    (void)mallctl("arena.0.purge", NULL, NULL, NULL, 0);
    return 0;
}

const struct peer peer = {.name = "jemalloc",
                          .init = keep_memory,
                          .alloc = malloc,
                          .release = free,
                          .resize = realloc,
                          .reclaim = purge};

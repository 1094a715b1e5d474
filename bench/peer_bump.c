/* The floor: an allocator that never frees, but starts over at the end of its window, which holds
 * twice what lives at most. What it costs is the player, and memory that is not in any cache. */
#include "bench/peer.h"

static uint8_t *start;
static uint8_t *next;
static uint8_t *end;

static bool bump_init(size_t window_bytes)
{
    size_t size_bytes = window_bytes / 4u;
    start = bench_window(size_bytes);
    next = start;
    end = start != NULL ? start + size_bytes : NULL;
    return next != NULL;
}

static void *bump_alloc(size_t size_bytes)
{
    size_t rounded = (size_bytes + 7u) & ~(size_t)7u;
    if (rounded > (size_t)(end - next))
        next = start;
    uint8_t *at = next;
    next += rounded;
    return at;
}

const struct peer peer = {.name = "bump", .init = bump_init, .alloc = bump_alloc};

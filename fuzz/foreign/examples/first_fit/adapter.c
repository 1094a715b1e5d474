#include "fuzz/foreign/adapter.h"

#include "first_fit.h"

static bool init(void *start, void *limit)
{
    return heap_init(start, (size_t)((char *)limit - (char *)start));
}

/* Between the bytes of two blocks lie at most: the first one's rounding and what was too little to
 * be split off it, together less than 48; a header, the free bytes, and the header of the second.
 */
static size_t needs(size_t align_bytes, size_t size_bytes)
{
    (void)align_bytes;
    return 48u + 32u + (size_bytes + 15u) + 32u;
}

const struct adapter adapter = {
    .name = "first_fit",
    .memory = ADAPTER_POOL,
    .init = init,
    .alloc = kmalloc,
    .release = kfree,
    .resize = krealloc,
    .start_align = 16,
    .align_bytes = 16,
    .needs = needs,
    .empty_as_fresh = true,
    .same_again = true,
};

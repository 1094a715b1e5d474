#include "fuzz/foreign/adapter.h"

#include "first_fit.h"

static bool init(void *start, void *limit)
{
    return heap_init(start, (size_t)((char *)limit - (char *)start));
}

/* A header in front and the size rounded up; and the block before may have kept what was too little
 * to be cut off. */
static size_t needs(size_t align_bytes, size_t size_bytes)
{
    (void)align_bytes;
    return 32u + size_bytes + 15u + 15u + 32u + 16u;
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
    .resize_in_place = true,
};

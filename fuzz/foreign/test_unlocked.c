/* The example's heap, which has no lock, said to be for several threads: what `stress' must find.
 */
#include "fuzz/foreign/adapter.h"
#include "fuzz/foreign/examples/first_fit/first_fit.h"

static bool init(void *start, void *limit)
{
    return heap_init(start, (size_t)((char *)limit - (char *)start));
}

const struct adapter adapter = {
    .name = "unlocked",
    .memory = ADAPTER_POOL,
    .init = init,
    .alloc = kmalloc,
    .release = kfree,
    .resize = krealloc,
    .start_align = 16,
    .threads = true,
};

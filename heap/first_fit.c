#include "heap/first_fit.h"

#include "heap/verify.h"

/* True if the member of the list at `at` links back to the one before it (0: the head). */
static bool links_back(const struct heap *heap, const struct extent *extent, uint32_t at,
                       uint32_t before)
{
    return at != 0 && verify_leads(heap, extent, at, 8u, before, true);
}

/* The walk believes only members that link back, so a damaged link ends it early instead of leading
 * it round in a circle, and nothing is written where that link leads; it stays in the list, and the
 * next call that follows it reports it. */
void first_fit_insert(struct heap heap, block_t block)
{
    struct extent extent = extent_of(&heap);
    uint32_t before = 0;
    uint32_t after = heap_load(&heap, FIRST_FIT_HEAD);
    bool believed = links_back(&heap, &extent, after, before);
    while (believed && after < block.at) {
        before = after;
        after = machine_load(block_next_link(block_at(after)));
        believed = links_back(&heap, &extent, after, before);
    }
    machine_store(block_next_link(block), after);
    machine_store(block_prev_link(block), before);
    if (before != 0)
        machine_store(block_next_link(block_at(before)), block.at);
    else
        heap_store(&heap, FIRST_FIT_HEAD, block.at);
    if (believed)
        machine_store(block_prev_link(block_at(after)), block.at);
}

#include "heap/first_fit.h"

#include "heap/verify.h"

/* True if the member of the list at `at` links back to the one before it (0: the head). */
static bool links_back(const struct heap *heap, uint32_t at, uint32_t before)
{
    return verify_member(heap, block_at(at)) &&
           machine_load(block_prev_link(block_at(at))) == before;
}

/* The walk believes only members that link back, so a damaged link ends it early instead of leading
 * it round in a circle, and nothing is written where that link leads; it stays in the list, and the
 * next call that follows it reports it. */
void first_fit_insert(const struct heap *heap, block_t block)
{
    uint32_t before = 0;
    uint32_t after = heap_load(heap, FIRST_FIT_HEAD);
    bool believed = after != 0 && links_back(heap, after, before);
    while (believed && after < block.at) {
        before = after;
        after = machine_load(block_next_link(block_at(after)));
        believed = after != 0 && links_back(heap, after, before);
    }
    machine_store(block_next_link(block), after);
    machine_store(block_prev_link(block), before);
    if (before != 0)
        machine_store(block_next_link(block_at(before)), block.at);
    else
        heap_store(heap, FIRST_FIT_HEAD, block.at);
    if (believed)
        machine_store(block_prev_link(block_at(after)), block.at);
}

enum freelist_answer first_fit_from(const struct heap *heap, block_t block, uint32_t size_bytes,
                                    block_t *found)
{
    while (block.at != 0) {
        tag_t tag;
        *found = block;
        if (verify_free(heap, block, &tag) != MISUSE_NONE)
            return FREELIST_DAMAGED;
        if (tag_size(tag) >= size_bytes)
            return FREELIST_FOUND;
        block = block_at(machine_load(block_next_link(block)));
    }
    return FREELIST_NONE;
}

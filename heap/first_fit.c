#include "heap/first_fit.h"

#include "heap/verify.h"

/* The walk trusts no link further than verify_readable: a damaged list ends early, and the next
 * call that follows the damaged link reports it. */
void first_fit_insert(const struct heap *heap, block_t block)
{
    uint32_t before = 0;
    uint32_t after = heap_load(heap, FIRST_FIT_HEAD);
    while (after != 0 && after < block.at && verify_readable(heap, after)) {
        before = after;
        after = machine_load(block_next_link(block_at(after)));
    }
    machine_store(block_next_link(block), after);
    machine_store(block_prev_link(block), before);
    if (before != 0)
        machine_store(block_next_link(block_at(before)), block.at);
    else
        heap_store(heap, FIRST_FIT_HEAD, block.at);
    if (after != 0 && verify_readable(heap, after))
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

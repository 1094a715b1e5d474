#include "heap/freelist.h"

#include "heap/bins.h"
#include "heap/first_fit.h"
#include "heap/verify.h"

/* The field that holds the head of the list for size_bytes. */
static uint32_t head_field(const struct heap *heap, uint32_t size_bytes)
{
    return heap->policy == HEAP_BINS ? bins_head(size_bytes) : FIRST_FIT_HEAD;
}

void freelist_insert(const struct heap *heap, block_t block, uint32_t size_bytes)
{
    if (heap->policy == HEAP_BINS)
        bins_insert(heap, block, size_bytes);
    else
        first_fit_insert(heap, block);
}

void freelist_remove(const struct heap *heap, block_t block, uint32_t size_bytes)
{
    uint32_t next = machine_load(block_next_link(block));
    uint32_t prev = machine_load(block_prev_link(block));
    if (next != 0)
        machine_store(block_prev_link(block_at(next)), prev);
    if (prev != 0) {
        machine_store(block_next_link(block_at(prev)), next);
        return;
    }
    heap_store(heap, head_field(heap, size_bytes), next);
    if (next == 0 && heap->policy == HEAP_BINS)
        bins_emptied(heap, size_bytes);
}

bool freelist_linked(const struct heap *heap, block_t block, uint32_t size_bytes)
{
    block_t next = block_at(machine_load(block_next_link(block)));
    block_t prev = block_at(machine_load(block_prev_link(block)));
    bool is_head = heap_load(heap, head_field(heap, size_bytes)) == block.at;
    if (next.at != 0 && (next.at == block.at || !verify_member(heap, next) ||
                         machine_load(block_prev_link(next)) != block.at))
        return false;
    /* In a list that leads back into itself, the head or another member is led to twice. */
    if (prev.at == 0 || is_head)
        return prev.at == 0 && is_head;
    return verify_member(heap, prev) && machine_load(block_next_link(prev)) == block.at;
}

enum freelist_answer freelist_find(const struct heap *heap, uint32_t size_bytes, block_t *found)
{
    if (heap->policy == HEAP_BINS)
        return bins_find(heap, size_bytes, found);
    return first_fit_from(heap, block_at(heap_load(heap, FIRST_FIT_HEAD)), size_bytes, found);
}

enum freelist_answer freelist_first(const struct heap *heap, uint32_t size_min, block_t *found)
{
    if (heap->policy == HEAP_FIRST_FIT)
        return freelist_find(heap, size_min, found);
    if (!bins_first_from(heap, size_min, false, found))
        return FREELIST_NONE;
    tag_t tag;
    if (verify_free(heap, *found, &tag) != MISUSE_NONE)
        return FREELIST_DAMAGED;
    return tag_size(tag) >= size_min ? FREELIST_FOUND
                                     : freelist_after(heap, *found, size_min, found);
}

enum freelist_answer freelist_after(const struct heap *heap, block_t block, uint32_t size_min,
                                    block_t *found)
{
    for (;;) {
        tag_t tag;
        uint32_t size = tag_size(tag_load(heap, block.at));
        block = block_at(machine_load(block_next_link(block)));
        if (block.at == 0 &&
            (heap->policy != HEAP_BINS || !bins_first_from(heap, size, true, &block)))
            return FREELIST_NONE;
        *found = block;
        if (verify_free(heap, block, &tag) != MISUSE_NONE)
            return FREELIST_DAMAGED;
        if (tag_size(tag) >= size_min)
            return FREELIST_FOUND;
    }
}

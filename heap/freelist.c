#include "heap/freelist.h"

/* Goes along a list from `at`, count_max blocks at most, until one is large enough. */
static enum freelist_answer list_find(const struct heap *heap, uint32_t at, uint32_t size_bytes,
                                      uint32_t count_max, struct member *found)
{
    for (; at != 0 && count_max != 0; count_max--) {
        if (!verify_free(heap, block_at(at), found))
            return FREELIST_DAMAGED;
        if (tag_size(found->tag) >= size_bytes)
            return FREELIST_FOUND;
        at = found->next;
    }
    return FREELIST_NONE;
}

enum freelist_answer freelist_find(const struct heap *heap, uint32_t size_bytes,
                                   struct member *found)
{
    if (heap->policy != HEAP_BINS)
        return list_find(heap, heap_load(heap, FIRST_FIT_HEAD), size_bytes, ~0u, found);
    uint32_t bin = bins_of(size_bytes);
    uint32_t at = heap_load(heap, bins_head_of(bin));
    enum freelist_answer answer = list_find(heap, at, size_bytes, BINS_SCAN, found);
    if (answer != FREELIST_NONE)
        return answer;
    bin = bins_above(heap, size_bytes, bin);
    at = bin == 0 ? 0 : heap_load(heap, bins_head_of(bin));
    return list_find(heap, at, 0, 1u, found);
}

/* The first block of the next list that is not empty, behind the one with its head at `head`. */
static uint32_t list_after(const struct heap *heap, uint32_t head)
{
    if (heap->policy != HEAP_BINS)
        return 0;
    uint32_t bin = bins_next(heap, (head - BINS_HEADS) / 4u);
    return bin == 0 ? 0 : heap_load(heap, bins_head_of(bin));
}

enum freelist_answer freelist_first(const struct heap *heap, uint32_t head, struct member *found)
{
    found->head = head;
    found->next = heap_load(heap, head);
    return freelist_after(heap, found);
}

enum freelist_answer freelist_after(const struct heap *heap, struct member *found)
{
    uint32_t at = found->next;
    if (at == 0)
        at = list_after(heap, found->head);
    if (at == 0)
        return FREELIST_NONE;
    return verify_free(heap, block_at(at), found) ? FREELIST_FOUND : FREELIST_DAMAGED;
}

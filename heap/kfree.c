#include "heap/carve.h"
#include "heap/kmalloc.h"

/* Adds a free neighbour, which begins or ends at `boundary`, to the stretch beside it. */
BLOCK_INLINE void absorb(const struct heap *heap, struct stretch *stretch, uint32_t boundary,
                         const struct member *neighbour)
{
    freelist_remove(heap, neighbour);
    boundary_kill(heap, boundary);
    stretch->size_bytes += tag_size(neighbour->tag);
    stretch->sparse |= tag_sparse(neighbour->tag);
}

/* Counts a used block of size_bytes no more. */
static inline void count_out(const struct heap *heap, uint32_t size_bytes)
{
    heap_count(heap, HEAP_LIVE_BLOCKS, 0u - 1u);
    heap_count(heap, HEAP_LIVE_BYTES, 0u - size_bytes);
}

/* Makes the stretch of a used block free, together with the neighbours that are. */
BLOCK_INLINE void merge(const struct heap *heap, const struct extent *extent,
                        struct stretch stretch, struct neighbours *neighbours)
{
    uint32_t start = stretch.block.at;
    count_out(heap, stretch.size_bytes);
    if (neighbours->next_free) {
        absorb(heap, &stretch, start + stretch.size_bytes, &neighbours->next);
        if (neighbours->previous_free && neighbours->next.head != 0)
            freelist_refresh(&neighbours->next, &neighbours->previous);
    }
    if (neighbours->previous_free) {
        stretch.block = neighbours->previous.block;
        absorb(heap, &stretch, start, &neighbours->previous);
    }
    carve_give_back(heap, extent, stretch);
}

/* Frees with interrupts disabled; all that may be wrong is found before the first write. */
BLOCK_APART static enum misuse_reason release(const struct heap *heap, vaddr_t at)
{
    tag_t tag;
    struct neighbours neighbours;
    struct extent extent = extent_of(heap);
    struct stretch stretch = {.block = block_of_payload(at)};
    enum misuse_reason reason = verify_payload(heap, at, &tag);
    if (reason != MISUSE_NONE)
        return reason;
    stretch.size_bytes = tag_size(tag);
    reason = verify_neighbours(heap, stretch.block.at, stretch.block.at + stretch.size_bytes,
                               &neighbours);
    if (reason == MISUSE_NONE)
        merge(heap, &extent, stretch, &neighbours);
    return reason;
}

/* The same, quickly (heap/verify.h). Returns false, with nothing changed, if it is to be done
 * precisely. */
BLOCK_INLINE bool release_quick(const struct heap *heap, vaddr_t at)
{
    tag_t tag;
    struct neighbours neighbours;
    const struct heap copy = heap_copy(heap);
    struct extent extent = extent_of(&copy);
    if (heap->policy != HEAP_BINS || !verify_payload_quick(&copy, &extent, at, &tag))
        return false;
    struct stretch stretch = {block_of_payload(at), tag.word - TAG_USED, 0};
    uint32_t start = stretch.block.at;
    uint32_t end = start + stretch.size_bytes;
    tag_t before = tag_load(&copy, start - 4u);
    tag_t behind = tag_load(&copy, end);
    if (verify_used_before(&extent, start, before) && verify_used_behind(&extent, end, behind)) {
        count_out(&copy, stretch.size_bytes);
        carve_give_back(&copy, &extent, stretch);
        return true;
    }
    if (!verify_neighbours_quick(&copy, &extent, start, end, before, behind, &neighbours))
        return false;
    merge(&copy, &extent, stretch, &neighbours);
    return true;
}

void kfree(const struct heap *heap, vaddr_t at)
{
    if (vaddr_is_null(at))
        return;
    uint32_t interrupts = machine_interrupts_disable();
    if (BLOCK_RARE(!release_quick(heap, at))) {
        enum misuse_reason reason = release(heap, at);
        if (reason != MISUSE_NONE)
            misuse_report(heap, reason, MISUSE_KFREE, at);
    }
    machine_interrupts_restore(interrupts);
}

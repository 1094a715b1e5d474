#include "heap/carve.h"
#include "heap/kmalloc.h"

/* Makes [start, start + size_bytes), a used block, free, together with the neighbours that are. */
static inline void merge(const struct heap *heap, const struct extent *extent, block_t block,
                         uint32_t size_bytes, struct neighbours *neighbours)
{
    struct stretch stretch = {block, size_bytes, 0};
    heap_count(heap, HEAP_LIVE_BLOCKS, 0u - 1u);
    heap_count(heap, HEAP_LIVE_BYTES, 0u - size_bytes);
    if (!tag_used(neighbours->next.tag)) {
        freelist_remove(heap, &neighbours->next);
        boundary_kill(heap, block.at + size_bytes);
        stretch.size_bytes += tag_size(neighbours->next.tag);
        stretch.sparse |= tag_sparse(neighbours->next.tag);
    }
    if (!tag_used(neighbours->previous.tag)) {
        if (!tag_used(neighbours->next.tag) && neighbours->next.head != 0)
            freelist_refresh(&neighbours->next, &neighbours->previous);
        freelist_remove(heap, &neighbours->previous);
        boundary_kill(heap, block.at);
        stretch.block = neighbours->previous.block;
        stretch.size_bytes += tag_size(neighbours->previous.tag);
        stretch.sparse |= tag_sparse(neighbours->previous.tag);
    }
    carve_give_back(heap, extent, stretch);
}

/* Frees with interrupts disabled; all that may be wrong is found before the first write. */
static enum misuse_reason release(const struct heap *heap, vaddr_t at)
{
    tag_t tag;
    struct neighbours neighbours;
    struct extent extent = extent_of(heap);
    block_t block = block_of_payload(at);
    enum misuse_reason reason = verify_payload(heap, at, &tag);
    if (reason == MISUSE_NONE)
        reason = verify_neighbours(heap, block.at, block.at + tag_size(tag), &neighbours);
    if (reason == MISUSE_NONE)
        merge(heap, &extent, block, tag_size(tag), &neighbours);
    return reason;
}

/* The same, quickly (heap/verify.h). Returns false, with nothing changed, if it is to be done
 * precisely. */
static inline bool release_quick(const struct heap *heap, vaddr_t at)
{
    tag_t tag;
    struct neighbours neighbours;
    const struct heap copy = heap_copy(heap);
    struct extent extent = extent_of(&copy);
    if (heap->policy != HEAP_BINS || !verify_payload_quick(&copy, &extent, at, &tag))
        return false;
    block_t block = block_of_payload(at);
    uint32_t size = tag.word - TAG_USED;
    if (!verify_neighbours_quick(&copy, &extent, block.at, block.at + size, &neighbours))
        return false;
    merge(&copy, &extent, block, size, &neighbours);
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
